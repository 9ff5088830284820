// A draft in the fragment of an address, which browsers do not send: whoever opens it has the change as a
// draft of their own, to check and to save. Compressed, because a flag's targets may be many.
import * as z from 'zod'
import { Flag } from '../../../core/model/flag.ts'
import type { Draft, Edit } from './draft.ts'

const prefix = 'draft='
/** Chats and mail programs cut longer addresses. */
const lengthMax = 8_000

const through = async (bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer())

/** The fragment without `#`; undefined if it would be too long to be sent around. */
export async function toFragment(edit: Edit): Promise<string | undefined> {
  const text = new TextEncoder().encode(JSON.stringify(edit))
  const packed = await through(text, new CompressionStream('deflate-raw'))
  const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(''))
  const fragment = prefix + letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return fragment.length > lengthMax ? undefined : fragment
}

export const isDraftFragment = (fragment: string): boolean => fragment.startsWith(prefix)

/** Undefined if it holds no draft of this flag: it was cut, or belongs elsewhere. */
export async function fromFragment(fragment: string, flagKey: string): Promise<Edit | undefined> {
  try {
    const letters = fragment.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/')
    const packed = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0))
    const text = await through(packed, new DecompressionStream('deflate-raw'))
    const edit = Edited.parse(JSON.parse(new TextDecoder().decode(text)))
    return edit.base.key === flagKey ? edit : undefined
  } catch {
    return undefined
  }
}

/** Core's own schema: a link made by hand cannot break the page. */
const Edited = z
  .object({ base: Flag, draft: z.custom<Draft>((value) => typeof value === 'object') })
  .refine(({ base, draft }) => Flag.safeParse({ ...base, ...draft }).success)
