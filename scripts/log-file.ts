// Writes the output of a program to a file, and never fails: a full disk costs lines of the log, not what is
// logged. Says once that lines are lost, and opens the file again when there may be room.
import { createWriteStream, type WriteStream } from 'node:fs'
import type { Readable } from 'node:stream'

const againAfterMs = 5_000
/** What may wait for a slow disk. More is dropped. */
const waitingBytesMax = 8_000_000

export function logTo(path: string, onLoss: (reason: string) => void): (source: Readable) => void {
  let file: WriteStream | undefined = open('w')
  let brokenAt = 0
  let isReported = false

  function open(flags: 'w' | 'a'): WriteStream {
    const opened = createWriteStream(path, { flags })
    opened.on('error', (error: NodeJS.ErrnoException) => {
      opened.destroy()
      if (file === opened) file = undefined
      brokenAt = Date.now()
      if (!isReported) onLoss(error.code ?? error.message)
      isReported = true
    })
    return opened
  }

  function write(chunk: Buffer): void {
    if (!file && Date.now() - brokenAt > againAfterMs) file = open('a')
    if (file && file.writableLength < waitingBytesMax) file.write(chunk)
  }
  return (source) => void source.on('data', write).on('error', () => undefined)
}
