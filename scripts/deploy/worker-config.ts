// The configuration that is uploaded: a wrangler.toml of the repository with the names and ids of an
// installation. Pure; the tracked files are never edited.
import { resolve } from 'node:path'
import {
  type Installation,
  type Part,
  defaultName,
  frontOf,
  prefixOf,
  resourceNames,
  workerName,
} from './installation.ts'

/** As far as it is changed here. */
export interface RawConfig {
  readonly [setting: string]: unknown
  readonly main?: string
  readonly assets?: { readonly directory: string }
  readonly build?: { readonly command: string }
  readonly vars?: Readonly<Record<string, string>>
  readonly kv_namespaces?: readonly object[]
  readonly d1_databases?: readonly { readonly binding: string; readonly migrations_dir: string }[]
  readonly r2_buckets?: readonly { readonly binding: string }[]
  readonly queues?: {
    readonly producers?: readonly { readonly queue: string }[]
    readonly consumers?: readonly { readonly queue: string; readonly dead_letter_queue?: string }[]
  }
  readonly analytics_engine_datasets?: readonly { readonly dataset: string }[]
  readonly durable_objects?: { readonly bindings: readonly { readonly script_name?: string }[] }
  readonly services?: readonly { readonly service: string }[]
  readonly ratelimits?: readonly { readonly namespace_id: string }[]
}

/** `folder`: where the wrangler.toml lies, whose paths are relative to it. */
export function configOf(raw: RawConfig, part: Part, folder: string, installation: Installation): RawConfig {
  const { name, profile, accountId, jurisdiction, domain, made, variables, url } = installation
  const names = resourceNames(name)
  const renamed = (text: string) => text.replace(defaultName, prefixOf(name))
  const isFront = part === frontOf(profile)
  const { build, vars, ...rest } = raw
  return {
    ...rest,
    name: workerName(name, part),
    ...(accountId !== undefined && { account_id: accountId }),
    main: resolve(folder, raw.main ?? 'index.ts'),
    ...(build && { build: { command: build.command } }),
    // An address of its own is cached; workers.dev would be a second way in beside it.
    workers_dev: isFront && domain === undefined,
    preview_urls: false,
    ...(isFront && domain !== undefined && { routes: [{ pattern: domain, custom_domain: true }] }),
    ...(raw.assets && { assets: { ...raw.assets, directory: resolve(folder, raw.assets.directory) } }),
    ...(vars && {
      vars: {
        ...vars,
        ...('CONSOLE_URL' in vars && {
          CONSOLE_URL: domain === undefined ? (url ?? '') : `https://${domain}`,
        }),
        ...Object.fromEntries(Object.entries(variables).filter(([key]) => key in vars)),
        ...(jurisdiction !== undefined && { JURISDICTION: jurisdiction }),
      },
    }),
    ...(raw.kv_namespaces && { kv_namespaces: raw.kv_namespaces.map((each) => ({ ...each, id: made.kv })) }),
    ...(raw.d1_databases && {
      d1_databases: raw.d1_databases.map(({ binding, migrations_dir }) => ({
        binding,
        database_name: names.d1,
        database_id: made.d1,
        migrations_dir: resolve(folder, migrations_dir),
      })),
    }),
    ...(raw.r2_buckets && {
      r2_buckets: raw.r2_buckets.map(({ binding }) => ({
        binding,
        bucket_name: names.r2,
        ...(jurisdiction !== undefined && { jurisdiction }),
      })),
    }),
    ...(raw.queues && {
      queues: {
        producers: raw.queues.producers?.map((each) => ({ ...each, queue: renamed(each.queue) })) ?? [],
        consumers:
          raw.queues.consumers?.map(({ dead_letter_queue: dead, ...each }) => ({
            ...each,
            queue: renamed(each.queue),
            ...(dead !== undefined && { dead_letter_queue: renamed(dead) }),
          })) ?? [],
      },
    }),
    ...(raw.analytics_engine_datasets && {
      analytics_engine_datasets: raw.analytics_engine_datasets.map((each) => ({
        ...each,
        dataset: renamed(each.dataset).replaceAll('-', '_'),
      })),
    }),
    ...(raw.durable_objects && {
      durable_objects: {
        bindings: raw.durable_objects.bindings.map(({ script_name: script, ...each }) => ({
          ...each,
          ...(script !== undefined && { script_name: renamed(script) }),
        })),
      },
    }),
    ...(raw.services && {
      services: raw.services.map((each) => ({ ...each, service: renamed(each.service) })),
    }),
    ...(raw.ratelimits && {
      ratelimits: raw.ratelimits.map((each) => ({
        ...each,
        namespace_id: rateLimitNamespace(name, each.namespace_id),
      })),
    }),
  }
}

/** Two installations in one account must not share a count: each has numbers of its own. */
function rateLimitNamespace(name: string, id: string): string {
  if (name === defaultName) return id
  let hash = 0
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 90_000
  return `${hash + 10_000}${id}`
}
