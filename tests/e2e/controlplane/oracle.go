package main

import (
	"encoding/json"
	"fmt"
	"io"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// question is one line of input. With placements they are replayed in their order, otherwise every pending
// pod is judged on its own.
type question struct {
	Snapshot   json.RawMessage `json:"snapshot"`
	Placements []placement     `json:"placements,omitempty"`
}

type placement struct {
	Pod  string `json:"pod"`
	Node string `json:"node"`
}

// reply is one line of output, for one question.
type reply struct {
	Verdicts []verdict `json:"verdicts,omitempty"`
	// Refused says why the replay stopped; empty when every placement was accepted.
	Refused  string `json:"refused,omitempty"`
	Replayed int    `json:"replayed,omitempty"`
	// Error: the question could not be asked, the snapshot is not one for instance.
	Error string `json:"error,omitempty"`
}

// answer reads questions until there are no more; each is answered before the next is read.
func answer(in io.Reader, out io.Writer) error {
	metrics.Register()
	klog.LogToStderr(false) // the scheduler's own log is not wanted here
	klog.SetOutput(io.Discard)
	questions, replies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q question
		if err := questions.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("not a question: %w", err)
		}
		if err := replies.Encode(ask(q)); err != nil {
			return err
		}
	}
}

func ask(q question) reply {
	w, err := newWorld(q.Snapshot)
	if err != nil {
		return reply{Error: err.Error()}
	}
	defer w.close()
	var r reply
	if q.Placements == nil {
		r.Verdicts, err = w.verdicts()
	} else {
		r.Replayed, r.Refused, err = w.replay(q.Placements)
	}
	if err != nil {
		return reply{Error: err.Error()}
	}
	return r
}
