"""What people and monitoring ask, and the routes to everything."""
