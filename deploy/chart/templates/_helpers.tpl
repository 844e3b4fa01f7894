{{- define "bulkhead.labels" -}}
app.kubernetes.io/name: bulkhead
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "bulkhead.selector" -}}
app.kubernetes.io/name: bulkhead
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: scheduler
{{- end }}

{{- define "bulkhead.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "bulkhead.schedulerConfig" -}}
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection:
  leaderElect: true
  # Its own lease: with the default name it would wait for the cluster's own scheduler for ever.
  resourceName: {{ .Release.Name }}-scheduler
  resourceNamespace: {{ .Release.Namespace }}
  leaseDuration: 15s
  renewDeadline: 10s
  retryPeriod: 2s
profiles:
- schedulerName: {{ .Values.scheduler.name }}
  # A sample of the nodes may leave out the very one that is planned.
  percentageOfNodesToScore: 100
extenders:
- urlPrefix: http://127.0.0.1:8888
  filterVerb: filter
  prioritizeVerb: prioritize
  preemptVerb: preempt
  weight: {{ .Values.scheduler.weight }}
  nodeCacheCapable: true
  httpTimeout: {{ .Values.scheduler.httpTimeout }}
  ignorable: {{ .Values.scheduler.ignorable }}
{{- end }}

{{- define "bulkhead.extenderConfig" -}}
{{- $name := eq .Values.mode "sidecar" | ternary .Values.scheduler.name "default-scheduler" -}}
{{- $made := dict "apiVersion" "bulkhead.dev/v1alpha1" "kind" "ExtenderConfiguration" "schedulerNames" (list $name) "server" (dict "bind" "0.0.0.0:8888") "deadlines" (dict "solve" "400ms" "greedy" "300ms") -}}
{{- mergeOverwrite $made .Values.extender.config | toYaml }}
{{- end }}
