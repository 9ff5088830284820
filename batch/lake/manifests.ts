// Manifests, with a copy on disk that is used as long as the store lists the etag it was read with.
import path from 'node:path'
import * as z from 'zod'
import { Manifest } from '../../analytics/manifest.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import { readSealed, writeSealed } from './sealed-file.ts'
import type { ObjectStore } from './s3.ts'

export type ManifestReading =
  | { readonly manifest: Manifest; readonly etag: string | undefined }
  /** Its parts cannot be found, so they are not counted. */
  | { readonly reason: string }

const Kept = z.object({ etag: z.string(), manifest: Manifest })

/** `etag` is what the listing says; empty if it says nothing. */
export async function readManifest(
  key: string,
  etag: string,
  { store, root }: { readonly store: ObjectStore; readonly root: string },
): Promise<Result<ManifestReading, Failure>> {
  const file = path.join(root, key)
  const kept = etag === '' ? undefined : await readKept(file)
  if (kept?.etag === etag) return ok(kept)
  const version = await store.readVersion(key)
  if (!version.ok) return version
  if (version.value === undefined) return ok({ reason: 'it is listed, and the store has no such object' })
  if (!version.value.isSound) return ok({ reason: 'its content is not what was written' })
  const manifest = parseManifest(version.value.bytes)
  if (manifest === undefined) return ok({ reason: 'it is no manifest that this release can read' })
  const read = { manifest, etag: version.value.etag }
  // A full disk costs the next run a request, and this one nothing.
  await writeSealed(file, read).catch(() => undefined)
  return ok(read)
}

function parseManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    return Manifest.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return undefined
  }
}

const readKept = async (file: string) => Kept.safeParse(await readSealed(file)).data
