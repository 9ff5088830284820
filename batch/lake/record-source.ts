// From where a query reads records: files of this machine, or the bucket, read by a ClickHouse server. Each
// is a file of analytics/sql/sources, what it names as `{name:Type}`, and how files become a pattern.
import path from 'node:path'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
import { globOf, type Parameters } from './clickhouse.ts'
import type { S3Options } from './s3.ts'

export interface RecordSource {
  /** Of the file in analytics/sql/sources, without `.sql`. */
  readonly name: 'disk' | 's3' | 's3-cluster' | 'collection' | 'collection-cluster'
  /** One pattern for all these files of the cache. For an empty list it matches nothing. */
  pattern(files: readonly string[]): Result<string, Failure>
  readonly values: Parameters
}

/** Of the process that runs the queries. */
export const onDisk: RecordSource = { name: 'disk', pattern: globOf, values: {} }

export interface ServerSource {
  /** The cache's folder: a file is there under its key, and the server reads the key. */
  readonly root: string
  /** How the server finds the bucket. */
  readonly lake: S3Options
  /** A named collection of the server with the bucket's URL and credentials: then none are sent. */
  readonly collection: string | undefined
  readonly cluster: string | undefined
}

export function inBucket({ root, lake, collection, cluster }: ServerSource): RecordSource {
  const suffix = cluster === undefined ? '' : '-cluster'
  const base = `${lake.endpoint}/${lake.bucket}/`
  return {
    name: collection === undefined ? `s3${suffix}` : `collection${suffix}`,
    pattern(files) {
      const pattern = keyPattern(files.map((file) => path.relative(root, file).replaceAll(path.sep, '/')))
      return pattern.ok && collection === undefined ? ok(base + pattern.value) : pattern
    },
    values: {
      ...(cluster === undefined ? {} : { cluster }),
      ...(collection === undefined
        ? { accessKeyId: lake.accessKeyId, secretAccessKey: lake.secretAccessKey }
        : { collection }),
    },
  }
}

/** Nothing is ever stored under it. */
const nothing = 'events/none/*'

/** ClickHouse asks for each name between one pair of braces; with more than one pair, it lists the bucket. */
function keyPattern(keys: readonly string[]): Result<string, Failure> {
  const odd = keys.find((key) => !/^[\w.=/-]+$/.test(key))
  if (odd !== undefined)
    return fail('job', `ClickHouse takes a character of this key for a pattern, so it cannot read it: ${odd}`)
  return ok(keys.length === 0 ? nothing : `{${keys.join(',')}}`)
}
