// Command record asks the real kube-scheduler v1.34.1 about every pending pod of small clusters, under given
// configurations: one JSON object a line comes in, with "configuration" (a KubeSchedulerConfiguration) and
// "snapshot" (a kind: List), and goes out again with "verdicts" added:
//
//	go run ./record < cases.jsonl > recorded.jsonl
//
// Verdicts have the form of tests/data/conformance: pod, prefilter, feasible, failed, scores. A configuration
// that kube-scheduler does not start with gets "error" instead.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install" // API defaults
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
	"k8s.io/kubernetes/pkg/scheduler/profile"
)

type status struct {
	Plugin  string   `json:"plugin"`
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
}

type verdict struct {
	Pod       string                      `json:"pod"`
	Prefilter *status                     `json:"prefilter"`
	Feasible  []string                    `json:"feasible"`
	Failed    map[string]status           `json:"failed"`
	Scores    map[string]map[string]int64 `json:"scores"`
}

type recorded struct {
	Case          string          `json:"case"`
	Configuration json.RawMessage `json:"configuration"`
	Snapshot      json.RawMessage `json:"snapshot"`
	Verdicts      []verdict       `json:"verdicts,omitempty"`
	Error         string          `json:"error,omitempty"`
}

type silent struct{}

func (silent) Write(p []byte) (int, error) { return len(p), nil }

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(silent{})
	metrics.Register()
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := json.NewEncoder(os.Stdout)
	for in.More() {
		var one recorded
		if err := in.Decode(&one); err != nil {
			panic(err)
		}
		found, err := judge(one)
		if err != nil {
			one.Error = err.Error()
		}
		one.Verdicts = found
		if err := out.Encode(one); err != nil {
			panic(err)
		}
	}
}

func judge(one recorded) ([]verdict, error) {
	cfg, err := configuration(one.Configuration)
	if err != nil {
		return nil, err
	}
	objects, pending := load(one.Snapshot)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client := fake.NewSimpleClientset(append(objects, pods(pending)...)...)
	informers := scheduler.NewInformerFactory(client, 0)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	sched, err := scheduler.New(ctx, client, informers, nil, profile.NewRecorderFactory(broadcaster),
		scheduler.WithProfiles(cfg.Profiles...), scheduler.WithExtenders(cfg.Extenders...))
	if err != nil {
		return nil, err
	}
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	if err := sched.WaitForHandlersSync(ctx); err != nil {
		return nil, err
	}
	time.Sleep(30 * time.Millisecond)
	var found []verdict
	for _, pod := range pending {
		f, known := sched.Profiles[pod.Spec.SchedulerName]
		if !known {
			continue
		}
		lister := f.SnapshotSharedLister().(*internalcache.Snapshot)
		if err := sched.Cache.UpdateSnapshot(klog.FromContext(ctx), lister); err != nil {
			return nil, err
		}
		found = append(found, ask(ctx, f, lister, pod))
	}
	return found, nil
}

func configuration(raw []byte) (*config.KubeSchedulerConfiguration, error) {
	object, gvk, err := scheme.Codecs.UniversalDecoder().Decode(raw, nil, nil)
	if err != nil {
		return nil, err
	}
	cfg, ok := object.(*config.KubeSchedulerConfiguration)
	if !ok {
		return nil, fmt.Errorf("%s is no configuration", gvk)
	}
	cfg.TypeMeta.APIVersion = gvk.GroupVersion().String()
	if errs := validation.ValidateKubeSchedulerConfiguration(cfg); errs != nil {
		return nil, errs
	}
	return cfg, nil
}

func ask(ctx context.Context, f framework.Framework, lister *internalcache.Snapshot, pod *v1.Pod) verdict {
	v := verdict{
		Pod: pod.Namespace + "/" + pod.Name, Feasible: []string{}, Failed: map[string]status{}, Scores: map[string]map[string]int64{},
	}
	state := framework.NewCycleState()
	narrowed, told, _ := f.RunPreFilterPlugins(ctx, state, pod)
	if !told.IsSuccess() {
		v.Prefilter = short(told)
		return v
	}
	nodes, _ := lister.NodeInfos().List()
	var feasible []fwk.NodeInfo
	for _, node := range nodes {
		name := node.Node().Name
		if !narrowed.AllNodes() && !narrowed.NodeNames.Has(name) {
			v.Failed[name] = status{"PreFilterResult", fwk.UnschedulableAndUnresolvable.String(), []string{}}
			continue
		}
		if told := f.RunFilterPlugins(ctx, state, pod, node); !told.IsSuccess() {
			v.Failed[name] = *short(told)
			continue
		}
		feasible = append(feasible, node)
		v.Feasible = append(v.Feasible, name)
	}
	if len(feasible) == 0 {
		return v
	}
	if told := f.RunPreScorePlugins(ctx, state, pod, feasible); !told.IsSuccess() {
		v.Prefilter = short(told)
		return v
	}
	scores, told := f.RunScorePlugins(ctx, state, pod, feasible)
	if !told.IsSuccess() {
		v.Prefilter = short(told)
		return v
	}
	for _, node := range scores {
		parts := map[string]int64{"total": node.TotalScore}
		for _, part := range node.Scores {
			parts[part.Name] = part.Score
		}
		v.Scores[node.Name] = parts
	}
	return v
}

func short(told *fwk.Status) *status {
	return &status{told.Plugin(), told.Code().String(), append([]string{}, told.Reasons()...)}
}

func load(raw []byte) (objects []runtime.Object, pending []*v1.Pod) {
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(raw, &list); err != nil {
		panic(err)
	}
	for _, item := range list.Items {
		object, _, err := clientscheme.Codecs.UniversalDeserializer().Decode(item, nil, nil)
		if err != nil {
			panic(err)
		}
		legacyscheme.Scheme.Default(object)
		m, _ := meta.Accessor(object)
		m.SetResourceVersion("1")
		if m.GetUID() == "" {
			m.SetUID(types.UID(fmt.Sprintf("auto-%T-%s-%s", object, m.GetNamespace(), m.GetName())))
		}
		if pod, ok := object.(*v1.Pod); ok && pod.Spec.NodeName == "" {
			pending = append(pending, pod)
			continue
		}
		objects = append(objects, object)
	}
	return objects, pending
}

func pods(pending []*v1.Pod) (objects []runtime.Object) {
	for _, pod := range pending {
		objects = append(objects, pod)
	}
	return objects
}
