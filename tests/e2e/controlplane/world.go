package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install" // API defaults
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	"k8s.io/kubernetes/pkg/scheduler"
	schedulercache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/profile"

	"time"
)

// world is a scheduler that knows one snapshot and runs no loop.
type world struct {
	ctx       context.Context
	close     context.CancelFunc
	scheduler *scheduler.Scheduler
	framework framework.Framework
	snapshot  *schedulercache.Snapshot
	// pending pods of the snapshot, in its order
	pending []*v1.Pod
}

const profileName = v1.DefaultSchedulerName

func newWorld(document []byte) (*world, error) {
	objects, pending, err := load(document)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{ctx: ctx, close: cancel, pending: pending}
	if err := w.start(fake.NewSimpleClientset(objects...)); err != nil {
		cancel()
		return nil, err
	}
	return w, nil
}

func (w *world) start(client kubernetes.Interface) (err error) {
	factory := scheduler.NewInformerFactory(client, 0)
	handlers := watchHandlers(factory)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	w.scheduler, err = scheduler.New(w.ctx, client, factory, nil, profile.NewRecorderFactory(broadcaster))
	if err != nil {
		return err
	}
	factory.Start(w.ctx.Done())
	factory.WaitForCacheSync(w.ctx.Done())
	if err := w.scheduler.WaitForHandlersSync(w.ctx); err != nil {
		return err
	}
	if !cache.WaitForCacheSync(w.ctx.Done(), handlers.synced) {
		return errors.New("the caches of volumes and claims never filled")
	}
	w.framework = w.scheduler.Profiles[profileName]
	snapshot, ok := w.framework.SnapshotSharedLister().(*schedulercache.Snapshot)
	if !ok {
		return errors.New("the scheduler's snapshot has another type in this version")
	}
	w.snapshot = snapshot
	return w.refresh()
}

// refresh lets the framework see what the scheduler's cache holds now.
func (w *world) refresh() error {
	return w.scheduler.Cache.UpdateSnapshot(klog.FromContext(w.ctx), w.snapshot)
}

// handlers are whoever listens to volumes and claims. The volume binder keeps caches of its own behind them,
// and the scheduler's own wait does not cover those.
type handlers struct {
	registered []cache.ResourceEventHandlerRegistration
}

func (h *handlers) synced() bool {
	for _, r := range h.registered {
		if !r.HasSynced() {
			return false
		}
	}
	return true
}

// watchHandlers replaces the informers of volumes and claims by ones that remember their listeners.
func watchHandlers(factory informers.SharedInformerFactory) *handlers {
	h := &handlers{}
	index := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	factory.InformerFor(&v1.PersistentVolume{}, func(c kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		return &remembering{coreinformers.NewPersistentVolumeInformer(c, resync, index), h}
	})
	factory.InformerFor(&v1.PersistentVolumeClaim{}, func(c kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		return &remembering{coreinformers.NewPersistentVolumeClaimInformer(c, v1.NamespaceAll, resync, index), h}
	})
	return h
}

type remembering struct {
	cache.SharedIndexInformer
	handlers *handlers
}

func (r *remembering) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	registration, err := r.SharedIndexInformer.AddEventHandler(handler)
	if err == nil {
		r.handlers.registered = append(r.handlers.registered, registration)
	}
	return registration, err
}

// load decodes a List with the API's defaults. Pods that ended are left out: the API server would not show
// them to a scheduler, and the fake one cannot select by field.
func load(document []byte) (objects []runtime.Object, pending []*v1.Pod, err error) {
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(document, &list); err != nil {
		return nil, nil, err
	}
	for number, item := range list.Items {
		object, err := decode(item)
		if err != nil {
			return nil, nil, fmt.Errorf("item %d: %w", number, err)
		}
		if pod, ok := object.(*v1.Pod); ok {
			if pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
				continue
			}
			if pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil {
				pending = append(pending, pod)
			}
		}
		objects = append(objects, object)
	}
	return objects, pending, nil
}

func decode(item []byte) (runtime.Object, error) {
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(item, nil, nil)
	if err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(object)
	m, err := meta.Accessor(object)
	if err != nil {
		return nil, err
	}
	m.SetResourceVersion("1")
	if m.GetUID() == "" {
		m.SetUID(types.UID(fmt.Sprintf("auto-%T-%s-%s", object, m.GetNamespace(), m.GetName())))
	}
	return object, nil
}

func key(pod *v1.Pod) string { return pod.Namespace + "/" + pod.Name }
