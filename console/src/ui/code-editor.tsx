// An editor of JSON and YAML. CodeMirror writes a <style> element into its root, which the policy refuses; in a
// shadow root it uses adopted style sheets, which the policy allows. Custom properties reach into the shadow,
// so the tokens colour it.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, linter } from '@codemirror/lint'
import { EditorState, StateEffect } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  type ViewUpdate,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'

const look = EditorView.theme({
  '&': {
    border: '1px solid var(--line-3)',
    borderRadius: 'var(--r-m)',
    background: 'var(--ground)',
    color: 'var(--ink)',
    fontSize: '12px',
    maxHeight: '420px',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--ink)' },
  '.cm-gutters': {
    background: 'var(--sunken)',
    color: 'var(--ink-3)',
    border: '0',
    borderRadius: '5px 0 0 5px',
  },
  '.cm-activeLine': { background: 'transparent' },
  '&.cm-focused .cm-activeLine': { background: 'var(--hover)' },
  '.cm-activeLineGutter': { background: 'transparent' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': {
    background: 'var(--accent-wash) !important',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  // by itself it is an image in a data URL, which the policy refuses
  '.cm-lintRange': { backgroundImage: 'none !important', textDecoration: 'underline wavy var(--failed)' },
})

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--ink)' },
  { tag: tags.string, color: 'var(--accent)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--accent-strong)', fontWeight: '500' },
  { tag: [tags.punctuation, tags.separator, tags.comment], color: 'var(--ink-3)' },
])

/**
 * Text typed over a selection. Left to itself, Chromium keeps the look of what it replaces by an inline style,
 * which the policy refuses.
 */
const overSelection = EditorView.domEventHandlers({
  beforeinput: ({ inputType, data }, view) => {
    const { state } = view
    if (inputType !== 'insertText' || data === null || state.readOnly) return false
    if (state.selection.main.empty || view.composing) return false
    view.dispatch(
      state.update(state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true }),
    )
    return true
  },
})

/** What is wrong may change though the text did not: a value against a schema that is written beside it. */
const checkAgain = StateEffect.define()
const isCheckedAgain = ({ transactions }: ViewUpdate) =>
  transactions.some(({ effects }) => effects.some((effect) => effect.is(checkAgain)))

interface CodeEditorProps {
  readonly label: string
  readonly language: 'json' | 'yaml'
  /** The text at the start: afterwards the editor owns it. Another `key` begins anew. */
  readonly value: string
  readonly onChange: (text: string) => void
  /** What is wrong, and where in the text. */
  readonly problemsOf: (
    text: string,
  ) => readonly { readonly message: string; readonly at: number; readonly to?: number }[]
  readonly isReadOnly?: boolean
}

export function CodeEditor({
  label,
  language,
  value,
  onChange,
  problemsOf,
  isReadOnly = false,
}: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef({ onChange, problemsOf })
  latest.current = { onChange, problemsOf }
  const editor = useRef<EditorView>(null)
  useEffect(() => {
    const root = host.current?.shadowRoot ?? host.current?.attachShadow({ mode: 'open' })
    if (!root) return undefined
    const lint = ({ state }: EditorView): Diagnostic[] =>
      latest.current.problemsOf(state.doc.toString()).map(({ at, to = at, message }) => ({
        from: Math.min(at, state.doc.length),
        to: Math.min(to, state.doc.length),
        severity: 'error',
        message,
      }))
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          bracketMatching(),
          language === 'json' ? json() : yaml(),
          linter(lint, { needsRefresh: isCheckedAgain }),
          syntaxHighlighting(colours),
          look,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          overSelection,
          EditorState.readOnly.of(isReadOnly),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) latest.current.onChange(state.doc.toString())
          }),
        ],
      }),
    })
    editor.current = view
    return () => view.destroy()
  }, [])
  useEffect(() => editor.current?.dispatch({ effects: checkAgain.of(null) }), [problemsOf])
  return <div ref={host} />
}
