package main

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// replay puts the pods on their nodes one after another, each only if every filter lets it, as the
// scheduler's loop would; it stops at the first refusal and says what it was.
func (w *world) replay(placements []placement) (done int, refused string, err error) {
	waiting := map[string]*v1.Pod{}
	for _, pod := range w.pending {
		waiting[key(pod)] = pod
	}
	for number, p := range placements {
		pod, known := waiting[p.Pod]
		if !known {
			return number, fmt.Sprintf("%s is not waiting for a node", p.Pod), nil
		}
		delete(waiting, p.Pod)
		refused, err := w.place(pod, p.Node)
		if err != nil || refused != "" {
			return number, refused, err
		}
	}
	return len(placements), "", nil
}

func (w *world) place(pod *v1.Pod, name string) (refused string, err error) {
	node, err := w.snapshot.NodeInfos().Get(name)
	if err != nil {
		return "", err
	}
	state := framework.NewCycleState()
	narrowed, s, _ := w.framework.RunPreFilterPlugins(w.ctx, state, pod)
	if s.IsSuccess() {
		s = w.filter(pod, node, state, narrowed)
	}
	if !s.IsSuccess() {
		return fmt.Sprintf("%s on %s: %s says %s: %s", key(pod), name, s.Plugin(), s.Code(), told(s)), nil
	}
	placed := pod.DeepCopy()
	placed.Spec.NodeName = name
	if err := w.scheduler.Cache.AssumePod(klog.FromContext(w.ctx), placed); err != nil {
		return "", err
	}
	if s := w.framework.RunReservePluginsReserve(w.ctx, state, placed, name); !s.IsSuccess() {
		return fmt.Sprintf("%s on %s: %s cannot reserve: %s", key(pod), name, s.Plugin(), told(s)), nil
	}
	return "", w.refresh()
}
