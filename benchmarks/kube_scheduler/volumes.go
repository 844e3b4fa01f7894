package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	selectedNode = "volume.kubernetes.io/selected-node"
	bindComplete = "pv.kubernetes.io/bind-completed"
	zone         = "topology.kubernetes.io/zone"
)

// settleVolume binds the claim of a volume that the scheduler chose for it.
func (a *api) settleVolume(ctx context.Context, chosen *v1.PersistentVolume) error {
	volume, err := a.client.CoreV1().PersistentVolumes().Get(ctx, chosen.Name, metav1.GetOptions{})
	if err != nil || volume.Spec.ClaimRef == nil {
		return err
	}
	ref := volume.Spec.ClaimRef
	claim, err := a.client.CoreV1().PersistentVolumeClaims(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil || claim.Spec.VolumeName != "" {
		return err
	}
	return a.bindClaim(ctx, volume, claim)
}

// settleClaim provisions and binds a volume for a claim that the scheduler chose a node for.
func (a *api) settleClaim(ctx context.Context, changed *v1.PersistentVolumeClaim) error {
	claim, err := a.client.CoreV1().PersistentVolumeClaims(changed.Namespace).Get(ctx, changed.Name, metav1.GetOptions{})
	if err != nil || claim.Spec.VolumeName != "" || claim.Annotations[selectedNode] == "" {
		return err
	}
	volume, err := a.provision(ctx, claim)
	if err != nil {
		return err
	}
	return a.bindClaim(ctx, volume, claim)
}

func (a *api) provision(ctx context.Context, claim *v1.PersistentVolumeClaim) (*v1.PersistentVolume, error) {
	class, err := a.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	node, err := a.client.CoreV1().Nodes().Get(ctx, claim.Annotations[selectedNode], metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	filesystem := v1.PersistentVolumeFilesystem
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "pvc-" + string(claim.UID), UID: claim.UID + "-pv", ResourceVersion: a.next()},
		Spec: v1.PersistentVolumeSpec{
			Capacity:         claim.Spec.Resources.Requests,
			AccessModes:      claim.Spec.AccessModes,
			StorageClassName: class.Name,
			VolumeMode:       &filesystem,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				CSI: &v1.CSIPersistentVolumeSource{Driver: class.Provisioner, VolumeHandle: "made-" + string(claim.UID)},
			},
			ClaimRef: &v1.ObjectReference{
				Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			NodeAffinity: a.reach(ctx, class.Provisioner, node),
		},
		Status: v1.PersistentVolumeStatus{Phase: v1.VolumeBound},
	}
	return a.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
}

// reach is the node's own domain of the driver's topology keys; of the zone where no CSINode says otherwise.
func (a *api) reach(ctx context.Context, driver string, node *v1.Node) *v1.VolumeNodeAffinity {
	keys := []string{zone}
	if csi, err := a.client.StorageV1().CSINodes().Get(ctx, node.Name, metav1.GetOptions{}); err == nil {
		for _, d := range csi.Spec.Drivers {
			if d.Name == driver {
				keys = d.TopologyKeys
			}
		}
	}
	var all []v1.NodeSelectorRequirement
	for _, key := range keys {
		if value := node.Labels[key]; value != "" {
			all = append(all, v1.NodeSelectorRequirement{Key: key, Operator: v1.NodeSelectorOpIn, Values: []string{value}})
		}
	}
	if len(all) == 0 {
		return nil
	}
	terms := []v1.NodeSelectorTerm{{MatchExpressions: all}}
	return &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: terms}}
}

func (a *api) bindClaim(ctx context.Context, volume *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	if volume.Status.Phase != v1.VolumeBound {
		volume = volume.DeepCopy()
		volume.Status.Phase = v1.VolumeBound
		if _, err := a.client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	claim = claim.DeepCopy()
	claim.Spec.VolumeName = volume.Name
	if claim.Annotations == nil {
		claim.Annotations = map[string]string{}
	}
	claim.Annotations[bindComplete] = "yes"
	claim.Annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
	claim.Status.Phase = v1.ClaimBound
	_, err := a.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, claim, metav1.UpdateOptions{})
	return err
}
