import { describe, expect, it } from 'vitest'
import { compareTexts, parseDecimal, parseFloat64, parseInt64 } from './go-strconv.ts'

describe('a float', () => {
  it.each([
    ['0', 0],
    ['-0.5', -0.5],
    ['+12', 12],
    ['5.', 5],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['1e3', 1_000],
    ['1E+3', 1_000],
    ['25e-1', 2.5],
    ['1.5e10', 1.5e10],
    ['0x1p4', 16],
    ['0X.8p0', 0.5],
    ['-0x1.8p1', -3],
    ['0xAp+1', 20],
    ['inf', Infinity],
    ['+Inf', Infinity],
    ['-infinity', -Infinity],
    ['INF', Infinity],
    ['1_000', 1_000],
    ['1_000.5_5e1_0', 1_000.55e10],
    ['-0_1', -1],
    ['0x_1p4', 16],
    ['0x1_F.8_8p1_0', 0x1f * 1024 + 544],
  ])('is parsed from %s as in Go', (text, value) => {
    expect(parseFloat64(text)).toBe(value)
  })

  it.each(['nan', 'NaN', 'NAN'])('is NaN for %s', (text) => {
    expect(parseFloat64(text)).toBeNaN()
  })

  it.each([
    '',
    ' ',
    '+',
    '-',
    '.',
    '+.',
    '-.',
    'e3',
    '1e',
    '1e+',
    '1e-',
    '1ee3',
    '1e3x',
    '1e3.5',
    '1.2.3',
    '1x',
    '--1',
    '+-1',
    '1 ',
    ' 1',
    '_1',
    '1_',
    '1__0',
    '1_.5',
    '1._5',
    '1_e1',
    '1e_1',
    '0_x1p4',
    '0x1_p4',
    '0x1p4_',
    '-nan',
    '+NAN',
    '0x',
    '0x1',
    '0xp1',
    '0x.p1',
    'x1p1',
    '0x1pq',
    '0x1p99999',
    '1e999',
    '-1e999',
    'nano',
    'in',
    'info',
    '++inf',
    '١',
  ])('is not parsed from %j', (text) => {
    expect(parseFloat64(text)).toBeUndefined()
  })
})

describe('an integer', () => {
  it.each([
    ['0', 0n],
    ['+5', 5n],
    ['-5', -5n],
    ['0012', 12n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ])('is parsed from %s as in Go', (text, value) => {
    expect(parseInt64(text)).toBe(value)
  })

  it.each([
    '',
    '+',
    '-',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '0x1',
    '9223372036854775808',
    '-9223372036854775809',
    '9'.repeat(41),
  ])('is not parsed from %j', (text) => {
    expect(parseInt64(text)).toBeUndefined()
  })
})

it('compares texts by their UTF-8 bytes', () => {
  const inOrder = [
    '',
    '\u0000',
    'A',
    'AB',
    'B',
    'a',
    'é',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '😀',
    '\u{10ffff}',
  ]
  for (const [i, a] of inOrder.entries())
    for (const [j, b] of inOrder.entries()) expect(Math.sign(compareTexts(a, b))).toBe(Math.sign(i - j))
})

it('reads decimal numbers only, where asked for these', () => {
  for (const [text, value] of [
    ['-5', -5],
    ['1e3', 1_000],
    ['.5', 0.5],
    ['007', 7],
  ] as const)
    expect(parseDecimal(text)).toBe(value)
  for (const text of ['', 'inf', 'nan', '0x1p4', '1_000', '1e999', ' 1', '1.2.3'])
    expect(parseDecimal(text)).toBeUndefined()
})
