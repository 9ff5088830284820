// Fields of forms: a label, a control, a hint and the problem that was found with it.
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId } from 'react'
import type { TextareaHTMLAttributes } from 'react'
import { join } from './join.ts'
import css from './fields.module.css'

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with the value. */
  readonly problem?: string | undefined
  /** Whether the label is for screen readers only. */
  readonly quiet?: boolean
}

interface Parts {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

/** Puts label, hint and problem around a control, which takes the attributes that tie them together. */
export function Field({
  label,
  hint,
  problem,
  quiet,
  children,
}: FieldProps & { children: (parts: Parts) => ReactNode }) {
  const id = useId()
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  return (
    <div className={css['field']}>
      <label htmlFor={id} className={quiet ? 'sr' : undefined}>
        {label}
      </label>
      {children({
        id,
        ...(describedBy && { 'aria-describedby': describedBy }),
        ...(problem && { 'aria-invalid': true }),
      })}
      {problem && (
        <p id={`${id}-problem`} className={css['problem']}>
          {problem}
        </p>
      )}
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  )
}

type Control<Attributes> = FieldProps & Attributes
const partsOf = <A extends FieldProps>({ label, hint, problem, quiet, ...rest }: A) => ({
  field: {
    label,
    ...(hint !== undefined && { hint }),
    ...(problem !== undefined && { problem }),
    ...(quiet !== undefined && { quiet }),
  },
  rest,
})

export function TextField(props: Control<InputHTMLAttributes<HTMLInputElement>> & { mono?: boolean }) {
  const { field, rest } = partsOf(props)
  const { mono, className, ...input } = rest
  return (
    <Field {...field}>
      {(parts) => (
        <input
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...parts}
          className={join(css['input'], mono && 'mono', className)}
        />
      )}
    </Field>
  )
}

export function TextArea(props: Control<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  const { field, rest } = partsOf(props)
  return (
    <Field {...field}>{(parts) => <textarea rows={3} {...rest} {...parts} className={css['input']} />}</Field>
  )
}

export function SelectField(props: Control<SelectHTMLAttributes<HTMLSelectElement>>) {
  const { field, rest } = partsOf(props)
  return (
    <Field {...field}>
      {(parts) => <select {...rest} {...parts} className={join(css['input'], css['select'])} />}
    </Field>
  )
}

/** A select without a visible label, as in the middle of a sentence. */
export const InlineSelect = ({
  label,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & { label: string }) => (
  <select {...rest} aria-label={label} className={join(css['input'], css['select'], css['inline'])} />
)

interface ChoiceProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'type'> {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly ref?: Ref<HTMLInputElement>
}

export const Checkbox = (props: ChoiceProps) => <Choice type="checkbox" {...props} />
export const Radio = (props: ChoiceProps) => <Choice type="radio" {...props} />

const Choice = ({ label, hint, ...rest }: ChoiceProps & { type: 'checkbox' | 'radio' }) => (
  <label className={css['check']}>
    <input {...rest} />
    <span>
      {label}
      {hint && <small>{hint}</small>}
    </span>
  </label>
)

interface SegmentedProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: Readonly<Record<Value, string>>
  readonly onChange: (value: Value) => void
}

/** Two or three choices side by side. */
export const Segmented = <Value extends string>({
  label,
  value,
  options,
  onChange,
}: SegmentedProps<Value>) => (
  <span className={css['segmented']} role="group" aria-label={label}>
    {(Object.entries(options) as [Value, string][]).map(([key, text]) => (
      <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
        {text}
      </button>
    ))}
  </span>
)
