// Command kube-scheduler-bench lets the real kube-scheduler v1.34.1 place the pending pods of a snapshot.
//
// Its own scheduling loop runs against an in-process API: no network, no kubelet. Binding and volume
// provisioning answer at once, so the time is what the scheduler itself takes. Output is one JSON line per
// binding, in order, and a summary as the last line:
//
//	{"pod":"bench/w0000-0","node":"node-00017","seconds":0.021}
//	{"pending":132,"bound":104,"evicted":0,"seconds":1.16,"stopped_by":"quiet"}
//
// Seconds count from the moment all pods are queued and the loop starts.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
	"k8s.io/kubernetes/pkg/scheduler/profile"
)

type options struct {
	snapshot   string
	percentage int
	quiet      time.Duration
	limit      time.Duration
}

type binding struct {
	Pod     string  `json:"pod"`
	Node    string  `json:"node"`
	Seconds float64 `json:"seconds"`
}

type summary struct {
	Pending   int     `json:"pending"`
	Bound     int     `json:"bound"`
	Evicted   int     `json:"evicted"`
	Seconds   float64 `json:"seconds"`
	StoppedBy string  `json:"stopped_by"`
}

func main() {
	var o options
	flag.StringVar(&o.snapshot, "snapshot", "", "a kind: List in JSON, .gz too")
	flag.IntVar(&o.percentage, "percentage-of-nodes-to-score", 0, "0: the scheduler's own default")
	flag.DurationVar(&o.quiet, "quiet", 15*time.Second, "stop after so long without a new binding")
	flag.DurationVar(&o.limit, "limit", 2*time.Minute, "stop after so long in any case")
	flag.Parse()
	klog.LogToStderr(false) // the scheduler's own log is not wanted, not even its errors
	klog.SetOutput(nothing{})
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "kube-scheduler-bench:", err)
		os.Exit(1)
	}
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

func run(o options) error {
	objects, pending, err := load(o.snapshot)
	if err != nil {
		return err
	}
	watch.DefaultChanSize = int32(len(objects) + 10*len(pending) + 1000) // the fake API drops no event
	metrics.Register()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	api := newAPI(objects)
	sched, err := start(ctx, api, o.percentage)
	if err != nil {
		return err
	}
	if err := enqueue(ctx, api, sched, pending); err != nil {
		return err
	}
	started := time.Now()
	go sched.Run(ctx)
	return report(o, api, started, len(pending))
}

// start gives a scheduler whose caches know the cluster, not yet running.
func start(ctx context.Context, api *api, percentage int) (*scheduler.Scheduler, error) {
	informers := scheduler.NewInformerFactory(api.client, 0)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: api.client.EventsV1()})
	var opts []scheduler.Option
	if percentage > 0 {
		share := int32(percentage)
		opts = append(opts, scheduler.WithPercentageOfNodesToScore(&share))
	}
	recorders := profile.NewRecorderFactory(broadcaster)
	sched, err := scheduler.New(ctx, api.client, informers, nil, recorders, opts...)
	if err != nil {
		return nil, err
	}
	api.settleVolumes(ctx, informers)
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	return sched, sched.WaitForHandlersSync(ctx)
}

// enqueue creates the pods in file order and waits until the scheduler has all of them in its queue.
func enqueue(ctx context.Context, api *api, sched *scheduler.Scheduler, pending []*v1.Pod) error {
	for _, pod := range pending {
		if _, err := api.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	for {
		if queued, _ := sched.SchedulingQueue.PendingPods(); len(queued) >= len(pending) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// report prints bindings as they come, until all pods are bound or nothing moves any more.
func report(o options, api *api, started time.Time, pending int) error {
	out := json.NewEncoder(os.Stdout)
	s := summary{Pending: pending, StoppedBy: "all bound"}
	limit := time.After(o.limit)
	for s.Bound < pending && s.StoppedBy == "all bound" {
		select {
		case b := <-api.bindings:
			s.Bound++
			s.Seconds = b.at.Sub(started).Seconds()
			if err := out.Encode(binding{b.pod, b.node, s.Seconds}); err != nil {
				return err
			}
		case <-time.After(o.quiet):
			s.StoppedBy = "quiet"
		case <-limit:
			s.StoppedBy = "limit"
		}
	}
	s.Evicted = int(api.evicted.Load())
	return out.Encode(s)
}
