package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install" // API defaults
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

// load decodes a List with the API's defaults; pending pods come apart, in file order.
func load(path string) (objects []runtime.Object, pending []*v1.Pod, err error) {
	data, err := read(path)
	if err != nil {
		return nil, nil, err
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, nil, err
	}
	for _, item := range list.Items {
		object, err := decode(item)
		if err != nil {
			return nil, nil, err
		}
		pod, ok := object.(*v1.Pod)
		switch {
		case ok && (pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed):
		case ok && pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil && len(pod.Spec.SchedulingGates) == 0:
			pending = append(pending, pod)
		default:
			objects = append(objects, object)
		}
	}
	return objects, pending, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var source io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if source, err = gzip.NewReader(file); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(source)
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
