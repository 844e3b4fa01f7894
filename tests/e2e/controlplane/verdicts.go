package main

import (
	"sort"
	"strings"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// verdict is what the framework says about one pod now, node by node.
type verdict struct {
	Pod        string                      `json:"pod"`
	Prefilter  *status                     `json:"prefilter,omitempty"`
	Feasible   []string                    `json:"feasible,omitempty"`
	Failed     map[string]status           `json:"failed,omitempty"`
	Scores     map[string]map[string]int64 `json:"scores,omitempty"`
	ScoreError string                      `json:"score_error,omitempty"`
}

type status struct {
	Plugin  string   `json:"plugin"`
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
}

func (w *world) verdicts() ([]verdict, error) {
	nodes, err := w.snapshot.NodeInfos().List()
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, 0, len(w.pending))
	for _, pod := range w.pending {
		verdicts = append(verdicts, w.judge(pod, nodes))
	}
	return verdicts, nil
}

func (w *world) judge(pod *v1.Pod, nodes []fwk.NodeInfo) verdict {
	v := verdict{Pod: key(pod), Failed: map[string]status{}}
	state := framework.NewCycleState()
	narrowed, s, _ := w.framework.RunPreFilterPlugins(w.ctx, state, pod)
	if !s.IsSuccess() {
		told := statusOf(s)
		v.Prefilter = &told
		return v
	}
	var feasible []fwk.NodeInfo
	for _, node := range nodes {
		name := node.Node().Name
		if s := w.filter(pod, node, state, narrowed); s.IsSuccess() {
			feasible = append(feasible, node)
			v.Feasible = append(v.Feasible, name)
		} else {
			v.Failed[name] = statusOf(s)
		}
	}
	sort.Strings(v.Feasible)
	if len(feasible) > 0 {
		v.Scores, v.ScoreError = w.scores(pod, feasible, state)
	}
	return v
}

// filter is the first plugin's refusal, or success. Nodes that a plugin cut away before are refused in the
// name of PreFilterResult.
func (w *world) filter(pod *v1.Pod, node fwk.NodeInfo, state fwk.CycleState, narrowed *framework.PreFilterResult) *fwk.Status {
	if !narrowed.AllNodes() && !narrowed.NodeNames.Has(node.Node().Name) {
		return fwk.NewStatus(fwk.UnschedulableAndUnresolvable).WithPlugin("PreFilterResult")
	}
	return w.framework.RunFilterPlugins(w.ctx, state, pod, node)
}

func (w *world) scores(pod *v1.Pod, feasible []fwk.NodeInfo, state fwk.CycleState) (map[string]map[string]int64, string) {
	if s := w.framework.RunPreScorePlugins(w.ctx, state, pod, feasible); !s.IsSuccess() {
		return nil, told(s)
	}
	given, s := w.framework.RunScorePlugins(w.ctx, state, pod, feasible)
	if !s.IsSuccess() {
		return nil, told(s)
	}
	scores := map[string]map[string]int64{}
	for _, node := range given {
		parts := map[string]int64{"total": node.TotalScore}
		for _, plugin := range node.Scores {
			parts[plugin.Name] = plugin.Score
		}
		scores[node.Name] = parts
	}
	return scores, ""
}

func statusOf(s *fwk.Status) status { return status{s.Plugin(), s.Code().String(), s.Reasons()} }

func told(s *fwk.Status) string { return strings.Join(s.Reasons(), "; ") }
