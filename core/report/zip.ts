// Several texts as one ZIP file.
import { strToU8, zipSync } from 'fflate'

/** A ZIP file knows no earlier time. */
const earliest = Date.UTC(1980, 0, 2)

/** Equal files make equal bytes: `time`, in epoch milliseconds, is that of all of them. */
export const zipped = (files: ReadonlyMap<string, string>, time: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    zipSync(Object.fromEntries([...files].map(([name, text]) => [name, strToU8(text)])), {
      mtime: Math.max(earliest, time),
    }),
  )
