import { describe, expect, it } from 'vitest'
import { parseStanCsv } from './stan-csv.ts'

const output = `# stan_version_major = 2
# stan_version_minor = 36
# stan_version_patch = 1
# model = conversion_model
lp__,divergent__,p.1
# Adaptation terminated
# Step size = 0.9
# Diagonal elements of inverse mass matrix:
# 0.04
-6.5,0,0.10000000000000001
-7.25,1,nan
-inf,0,1.5e-300
#
#  Elapsed Time: 0.01 seconds (Warm-up)
`
const all = () => true
const refusal = (message: string) => ({ ok: false, problem: { code: 'UNAVAILABLE', message } })

describe('parseStanCsv', () => {
  it('skips comments at the top, in the middle and at the end', () => {
    const parsed = parseStanCsv(output, 3, all)
    if (!parsed.ok) throw new Error(parsed.problem.message)
    expect(parsed.value.stanVersion).toBe('2.36.1')
    expect(Object.fromEntries(parsed.value.columns)).toEqual({
      lp__: Float64Array.of(-6.5, -7.25, -Infinity),
      divergent__: Float64Array.of(0, 1, 0),
      'p.1': Float64Array.of(0.1, NaN, 1.5e-300),
    })
  })

  it('keeps the wanted columns only', () => {
    const parsed = parseStanCsv(output, 3, (name) => name === 'p.1')
    expect(parsed.ok && [...parsed.value.columns.keys()]).toEqual(['p.1'])
  })

  it('reads Windows line ends, a missing last newline and infinities in either case', () => {
    const parsed = parseStanCsv('p.1\r\nInf\r\n+inf\r\nNaN', 3, all)
    expect(parsed.ok && parsed.value.columns.get('p.1')).toEqual(Float64Array.of(Infinity, Infinity, NaN))
  })

  it.each([
    ['comments alone', '# stan_version_major = 2\n', "Stan's output cannot be used: it has no header."],
    ['nothing', '', "Stan's output cannot be used: it has no header."],
    ['too few draws', output, "Stan's output cannot be used: it has 3 of 4 draws."],
    ['a ragged row', 'a,b\n1,2\n1\n', "Stan's output cannot be used: row 2 has 1 of 2 fields."],
  ])('refuses %s', (_, text, message) => expect(parseStanCsv(text, 4, all)).toEqual(refusal(message)))

  it('refuses more draws than expected', () => {
    expect(parseStanCsv(output, 2, all)).toEqual(
      refusal("Stan's output cannot be used: it has 3 of 2 draws."),
    )
  })
})
