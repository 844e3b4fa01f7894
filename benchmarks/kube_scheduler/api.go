package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	core "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
)

var (
	pods    = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	volumes = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
	claims  = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
)

type bound struct {
	pod, node string
	at        time.Time
}

// api is client-go's fake API with what the scheduler relies on and the fake lacks: the binding
// subresource, resource versions that move, and somebody who provisions and binds volumes.
type api struct {
	client   *fake.Clientset
	bindings chan bound
	evicted  atomic.Int64
	version  atomic.Int64
}

func newAPI(objects []runtime.Object) *api {
	a := &api{client: fake.NewSimpleClientset(objects...), bindings: make(chan bound, 1<<20)}
	a.version.Store(1000)
	tracker := a.client.Tracker()
	a.client.PrependReactor("create", "pods", a.bind(tracker))
	a.client.PrependReactor("delete", "pods", func(core.Action) (bool, runtime.Object, error) {
		a.evicted.Add(1)
		return false, nil, nil
	})
	a.client.PrependReactor("update", "persistentvolumes", a.stored(tracker, volumes))
	a.client.PrependReactor("update", "persistentvolumeclaims", a.stored(tracker, claims))
	return a
}

func (a *api) next() string { return strconv.FormatInt(a.version.Add(1), 10) }

// bind puts a pod on its node and has it run at once.
func (a *api) bind(tracker core.ObjectTracker) core.ReactionFunc {
	return func(action core.Action) (bool, runtime.Object, error) {
		if action.GetSubresource() != "binding" {
			return false, nil, nil
		}
		b := action.(core.CreateAction).GetObject().(*v1.Binding)
		stored, err := tracker.Get(pods, action.GetNamespace(), b.Name)
		if err != nil {
			return true, nil, err
		}
		pod := stored.(*v1.Pod).DeepCopy()
		if pod.Spec.NodeName != "" {
			return true, nil, fmt.Errorf("bound twice: %s", b.Name)
		}
		pod.Spec.NodeName = b.Target.Name
		pod.Status.Phase = v1.PodRunning
		pod.ResourceVersion = a.next()
		a.bindings <- bound{pod.Namespace + "/" + pod.Name, b.Target.Name, time.Now()}
		return true, b, tracker.Update(pods, pod, pod.Namespace)
	}
}

// stored gives every update a new resource version, as an API server does.
func (a *api) stored(tracker core.ObjectTracker, resource schema.GroupVersionResource) core.ReactionFunc {
	return func(action core.Action) (bool, runtime.Object, error) {
		object := action.(core.UpdateAction).GetObject().DeepCopyObject()
		m, err := meta.Accessor(object)
		if err != nil {
			return true, nil, err
		}
		m.SetResourceVersion(a.next())
		return true, object, tracker.Update(resource, object, action.GetNamespace())
	}
}

// settleVolumes stands in for the volume controller and the external provisioners.
func (a *api) settleVolumes(ctx context.Context, factory informers.SharedInformerFactory) {
	work := make(chan func() error, 1<<20)
	onClaim := func(_, o any) {
		c := o.(*v1.PersistentVolumeClaim)
		work <- func() error { return a.settleClaim(ctx, c) }
	}
	onVolume := func(_, o any) { v := o.(*v1.PersistentVolume); work <- func() error { return a.settleVolume(ctx, v) } }
	v1Informers := factory.Core().V1()
	v1Informers.PersistentVolumeClaims().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: onClaim})
	v1Informers.PersistentVolumes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: onVolume})
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case settle := <-work:
				if err := settle(); err != nil {
					fmt.Fprintln(os.Stderr, "kube-scheduler-bench: volumes:", err)
				}
			}
		}
	}()
}
