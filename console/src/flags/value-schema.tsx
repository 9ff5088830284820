// The JSON Schema that every value of a flag fits.
import { useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { debugging } from '../messages/debugging.ts'
import { Button } from '../ui/button.tsx'
import { CodeEditor } from '../ui/code-editor.tsx'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { placed, schemaProblems, syntaxProblem, type TextProblem } from './value-problem.ts'
import css from './variations.module.css'

const words = debugging.variations

interface ValueSchemaProps {
  readonly flag: Flag
  readonly canEdit: boolean
  readonly onChange: (schema: Flag['valueSchema']) => void
}

export function ValueSchema({ flag, canEdit, onChange }: ValueSchemaProps) {
  const { valueSchema } = flag
  const [isOpen, setIsOpen] = useState(valueSchema !== undefined)
  const [text, setText] = useState(() => JSON.stringify(valueSchema ?? startOf(flag), null, 2))
  const problemsOf = (written: string): TextProblem[] => {
    const read = schemaOf(written)
    if ('problem' in read) return [read.problem]
    const found = schemaProblems({ ...flag, valueSchema: read.schema })
    return placed(
      written,
      found.filter(({ path }) => path === 'valueSchema'),
    )
  }
  const edit = (written: string) => {
    setText(written)
    const read = schemaOf(written)
    if ('schema' in read) onChange(read.schema)
  }
  const remove = () => {
    setIsOpen(false)
    onChange(undefined)
  }
  if (!isOpen && valueSchema === undefined)
    return canEdit ? (
      <div>
        <Button
          look="ghost"
          onClick={() => {
            setIsOpen(true)
            edit(JSON.stringify(startOf(flag), null, 2))
          }}
        >
          {words.addSchema}
        </Button>
      </div>
    ) : null
  const problems = problemsOf(text)
  const unfit = new Set(schemaProblems(flag).map(({ path }) => path)).size
  return (
    <section className={css['variation']} aria-label={words.schema}>
      <Section title={words.schema} hint={words.schemaHint}>
        {canEdit && (
          <Button look="ghost" small onClick={remove}>
            {words.removeSchema}
          </Button>
        )}
      </Section>
      <CodeEditor
        label={words.schemaText}
        language="json"
        value={text}
        isReadOnly={!canEdit}
        problemsOf={problemsOf}
        onChange={edit}
      />
      {problems.map(({ message }) => (
        <Status key={message} long is="failed">
          {message}
        </Status>
      ))}
      {problems.length === 0 && unfit > 0 && (
        <Status long is="failed">
          {words.schemaValues(unfit)}
        </Status>
      )}
      {problems.length === 0 && unfit === 0 && (
        <Status long is="healthy">
          {words.schemaValid}
        </Status>
      )}
    </section>
  )
}

function schemaOf(text: string): { schema: Flag['valueSchema'] } | { problem: TextProblem } {
  const problem = syntaxProblem('json', text)
  if (problem) return { problem }
  const schema: unknown = JSON.parse(text)
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return { problem: { message: words.notObject, at: 0 } }
  return { schema: schema as NonNullable<Flag['valueSchema']> }
}

/** What a schema begins with: one that today's values fit. */
const startOf = ({ type }: Flag): NonNullable<Flag['valueSchema']> =>
  type === 'number' || type === 'string'
    ? { type }
    : { type: ['object', 'array', 'string', 'number', 'boolean'] }
