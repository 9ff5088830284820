import { expect, it } from 'vitest'
import type { Part } from '../../analytics/manifest.ts'
import { sliceOf, slicesOf } from './slices.ts'

const fileOf = (bucket: number, buckets: Part['buckets'], records: number) => ({
  file: `/${bucket}-${buckets}`,
  part: { name: '', bucket, buckets, bytes: 1, records: { exposure: records }, from: 0, to: 0 },
})

it('are of whole buckets, as many as the records need; small days are in every slice', () => {
  const small = fileOf(0, 1, 900)
  const files = { raw: ['/raw'], parts: [fileOf(0, 16, 50), fileOf(3, 16, 50), fileOf(11, 16, 0), small] }
  expect([slicesOf(files), slicesOf(files, 100), slicesOf(files, 99), slicesOf(files, 1)]).toEqual([
    1, 1, 2, 16,
  ])
  expect(sliceOf(files, 16, 3)).toEqual({ raw: ['/raw'], parts: [files.parts[1], small] })
  expect(sliceOf(files, 8, 3)).toEqual({ raw: ['/raw'], parts: [files.parts[1], files.parts[2], small] })
  expect(sliceOf(files, 16, 4)).toEqual({ raw: ['/raw'], parts: [small] })
  expect(sliceOf(files, 1, 0)).toEqual(files)
})
