{{/* The values of this chart; sections of an environment that are given below global take their place. */}}
{{- define "NAME.values" -}}
{{- $given := .Values.global | default dict }}
{{- include "NAME.check" (dict "given" $given "name" (get $given "name" | default .Values.name) "files" .Files) }}
{{- $values := omit (deepCopy .Values) "global" "enabled" }}
{{- range $section, $content := $given }}
{{- $_ := set $values $section $content }}
{{- end }}
{{- $values | toRawJson }}
{{- end }}

{{/* Refuse an environment that decides otherwise than when this chart was made, where there is no value. */}}
{{- define "NAME.check" }}
{{- $given := .given }}
{{- $decisions := get (.files.Get "decisions.json" | fromJson) (toString .name) | default dict }}
{{- range $path, $decision := $decisions }}
{{- $parts := splitList "/" $path }}
{{- if hasKey $given (first $parts) }}
{{- $found := $given }}
{{- range $part := $parts }}
{{- $found = kindIs "map" $found | ternary $found dict }}
{{- $found = hasKey $found $part | ternary (get $found $part) nil }}
{{- end }}
{{- if and (kindIs "map" $found) (hasPrefix "[" $decision) }}
{{- $found = keys $found | sortAlpha }}
{{- end }}
{{- if ne (toRawJson $found) $decision }}
{{- $name := $path | replace "/" "." }}
{{- fail (printf "%s: this chart was made with %s and can't follow %s; make charts" $name $decision (toRawJson $found)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

