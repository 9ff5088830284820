// Messages that are nearly valid, for laws about readers that stand in for a schema.
import fc from './build/fast-check.ts'

/** Values that a limit or a type turns on. */
export const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -0,
    -1,
    1.5,
    2 ** 53,
    1e15,
    1e15 + 1,
    1e308,
    '',
    ' ',
    '7',
  ),
  fc.constantFrom<unknown>(
    'a'.repeat(10),
    'a'.repeat(11),
    'a'.repeat(1_000),
    'a'.repeat(1_001),
    'DEFAULT',
    [],
    {},
  ),
  fc.constantFrom<unknown>('a'.repeat(200), 'a'.repeat(201), '1e5', '0x10', [''], { a: 1 }, { a: 'b' }),
  fc.constant<unknown>(JSON.parse('{"__proto__":{"a":"b"}}')),
)

/** A valid message with some of its fields replaced, missing, renamed or added. */
export const nearly = (valid: Readonly<Record<string, unknown>>) =>
  fc
    .record({
      changed: fc.dictionary(fc.constantFrom(...Object.keys(valid), 'other', '__proto__'), odd, {
        maxKeys: 2,
      }),
      removed: fc.subarray(Object.keys(valid), { maxLength: Math.min(3, Object.keys(valid).length) }),
      isSnake: fc.boolean(),
    })
    .map(({ changed, removed, isSnake }) => {
      const entries = Object.entries(valid).filter(([name]) => !removed.includes(name))
      const all = [...entries.filter(([name]) => !Object.hasOwn(changed, name)), ...Object.entries(changed)]
      const named = all.map(([name, value]) => [isSnake ? toSnake(name) : name, value] as const)
      return JSON.parse(JSON.stringify(Object.fromEntries(named))) as unknown // as it comes: from JSON
    })

const toSnake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
