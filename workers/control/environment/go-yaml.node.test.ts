// Plain scalars as gopkg.in/yaml.v2 2.4.0 reads them, recorded from it, and which of them differ from
// YAML 1.2.
import { expect, it } from 'vitest'
import { FeatureList } from '../../protocols/bucketeer/feature.ts'
import { fromFeatureList } from '../../protocols/bucketeer/import/features.ts'
import { toJson } from './yaml-values.ts'

/** The value of `a` in the text, and the document as JSON. */
const recorded: readonly (readonly [text: string, json: string])[] = [
  ['2020-01-01', '{"a":"2020-01-01"}'],
  ['12:30', '{"a":"12:30"}'],
  ['1:2:3', '{"a":"1:2:3"}'],
  ['0o17', '{"a":15}'],
  ['0x1F', '{"a":31}'],
  ['2001-12-14t21:59:43.10-05:00', '{"a":"2001-12-14t21:59:43.10-05:00"}'],
  ['1.2.3', '{"a":"1.2.3"}'],
  ['.5', '{"a":0.5}'],
  ['5.', '{"a":5}'],
  ['1e3', '{"a":1000}'],
  ['+5', '{"a":5}'],
  ['~', '{"a":null}'],
  ['', '{"a":null}'],
  ['null', '{"a":null}'],
  ['true', '{"a":true}'],
  ['True', '{"a":true}'],
  ['text', '{"a":"text"}'],
  ['"yes"', '{"a":"yes"}'],
  ["'017'", '{"a":"017"}'],
  ['[1, {b: c}]', '{"a":[1,{"b":"c"}]}'],
  ['0b', '{"a":"0b"}'],
  ['0o8', '{"a":"0o8"}'],
  ['_1', '{"a":"_1"}'],
  ['1e', '{"a":"1e"}'],
  ['=', '{"a":"="}'],
  ['yes', '{"a":true}'],
  ['no', '{"a":false}'],
  ['on', '{"a":true}'],
  ['off', '{"a":false}'],
  ['y', '{"a":true}'],
  ['N', '{"a":false}'],
  ['017', '{"a":15}'],
  ['1_000', '{"a":1000}'],
  ['0b11', '{"a":3}'],
  ['-0x1F', '{"a":-31}'],
  ['0_7', '{"a":7}'],
  ['[yes, 2020-01-01]', '{"a":[true,"2020-01-01"]}'],
  ['{on: 1}', '{"a":{"true":1}}'],
]

const isReported = (value: string) => {
  const strategy = { type: 'FIXED', fixedStrategy: { variation: 'v' } }
  const feature = {
    id: 'f',
    variationType: 'YAML',
    variations: [{ id: 'v', value }],
    defaultStrategy: strategy,
  }
  const list = FeatureList.parse({ features: [feature] })
  return fromFeatureList(list, { toJson }, () => false).findings.length > 0
}

it.each(recorded)('reads %j as Go does', (text, json) => {
  expect(toJson(`a: ${text}`, 'yaml.v2')).toBe(json)
})

it.each(recorded)('reports %j only if we read it otherwise', (text, json) => {
  expect(isReported(`a: ${text}`)).toBe(toJson(`a: ${text}`) !== json)
})

it('reports what Go reads otherwise, and not what looks like it', () => {
  const reported = recorded.flatMap(([text]) => (isReported(`a: ${text}`) ? [text] : []))
  expect(reported).toEqual([
    'yes',
    'no',
    'on',
    'off',
    'y',
    'N',
    '017',
    '1_000',
    '0b11',
    '-0x1F',
    '0_7',
    '[yes, 2020-01-01]',
    '{on: 1}',
  ])
})
