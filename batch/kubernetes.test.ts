// The files for Kubernetes: what they run exists, ends in time and has no rights. No cluster checks them.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readCommandLine } from './configuration.ts'
import { readServeOptions } from './serve/main.ts'
import { defaultSchedules, jobNames } from './serve/schedule.ts'

const all = (file: string): any[] =>
  parseAllDocuments(readFileSync(path.join(import.meta.dirname, 'kubernetes', file), 'utf8')).map((each) => {
    if ('errors' in each) expect(each.errors).toEqual([])
    return (each as { toJS: () => unknown }).toJS()
  })
const timeoutOf = (name: string) => defaultSchedules.find(({ job }) => job === name)?.timeoutMs ?? 0
const containerfile = readFileSync(path.join(import.meta.dirname, 'container/Dockerfile'), 'utf8')

describe('the files for Kubernetes', () => {
  it('serve: the command, the address and the paths of its probes are those of the runner', () => {
    const [deployment, ...more] = all('serve.yaml')
    expect(more).toEqual([])
    expect(deployment).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' })
    const { spec, metadata } = deployment.spec.template
    expect(deployment.spec.selector.matchLabels).toEqual(metadata.labels)
    const [container] = spec.containers
    const [command, ...args] = container.args
    const options = readServeOptions(args)
    expect(command).toBe('serve')
    expect(options).toMatchObject({ ok: true, value: { host: '0.0.0.0' } })
    const port = options.ok ? options.value.port : 0
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }])
    const source = readFileSync(path.join(import.meta.dirname, 'serve/http.ts'), 'utf8')
    for (const probe of [container.livenessProbe, container.readinessProbe])
      expect(source).toContain(`case '${probe.httpGet.path}'`)
  })

  it('cronjobs: one for each job, never two at once, ended when serve would end it', () => {
    const jobs = all('cronjobs.yaml')
    for (const job of jobs) {
      expect(job).toMatchObject({ apiVersion: 'batch/v1', kind: 'CronJob' })
      expect(job.spec.concurrencyPolicy).toBe('Forbid')
      expect(job.spec.schedule.split(' ')).toHaveLength(5)
      const { template, activeDeadlineSeconds } = job.spec.jobTemplate.spec
      const [name, ...options] = template.spec.containers[0].args
      expect(job.metadata.name).toBe(`tackline-${name}`)
      expect(readCommandLine([name, ...options])).toMatchObject({ ok: true, value: { print: 'json' } })
      expect(activeDeadlineSeconds * 1_000).toBeLessThanOrEqual(timeoutOf(name))
    }
    const names = jobs.map((job) => job.spec.jobTemplate.spec.template.spec.containers[0].args[0])
    expect(new Set(names)).toEqual(new Set(jobNames))
  })

  it.each(['serve.yaml', 'cronjobs.yaml'])('%s runs without rights, with the cache of the image', (file) => {
    for (const each of all(file)) {
      const { spec } = (each.spec.jobTemplate?.spec ?? each.spec).template
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000 }, // node of the image
      })
      const [container] = spec.containers
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      })
      expect(containerfile).toContain(`TACKLINE_LAKE_CACHE=${container.volumeMounts[0].mountPath}`)
      expect(spec.volumes.map(({ name }: { name: string }) => name)).toEqual([container.volumeMounts[0].name])
    }
  })
})
