// Command controlplane is kube-apiserver, kube-controller-manager and kube-scheduler in one binary, and what
// the end-to-end tests need beside them: an oracle, which is the scheduler's own framework asked about one
// snapshot at a time, and a fresh key for service account tokens.
//
//	controlplane kube-apiserver [flags]
//	controlplane kube-controller-manager [flags]
//	controlplane kube-scheduler [flags]
//	controlplane oracle < questions > answers
//	controlplane key
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	if len(os.Args) < 2 {
		fail("say which: kube-apiserver, kube-controller-manager, kube-scheduler, oracle or key")
	}
	name := os.Args[1]
	os.Args = append([]string{name}, os.Args[2:]...)
	if component, known := components[name]; known {
		os.Exit(cli.Run(component()))
	}
	var err error
	switch name {
	case "oracle":
		err = answer(os.Stdin, os.Stdout)
	case "key":
		err = writeKey(os.Stdout)
	default:
		fail("no such component: " + name)
	}
	if err != nil {
		fail(err.Error())
	}
}

// writeKey makes a private RSA key, as PEM.
func writeKey(out io.Writer) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	return pem.Encode(out, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "controlplane:", message)
	os.Exit(1)
}
