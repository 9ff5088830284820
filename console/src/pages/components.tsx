// Every component side by side, to be judged in both themes. Only while developing: /console/components.
import { useState } from 'react'
import { Button, Switch } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { Checkbox, Radio, Segmented, SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { Chip, SplitBar, Status, Tag, Variation } from '../ui/marks.tsx'
import { Ago, Moment, Note, Page, Section } from '../ui/page.tsx'
import { Empty, Failed, Loading, Refusal } from '../ui/states.tsx'
import { toast, Toasts } from '../ui/toasts.tsx'
import { ThemeButton } from '../frame/theme-button.tsx'
import { Refused } from '../api/client.ts'
import { DiffList } from '../flags/diff-list.tsx'
import css from './components.module.css'

const looks = ['primary', 'plain', 'ghost', 'production', 'danger'] as const
const states = ['running', 'healthy', 'warning', 'failed', 'planned', 'stopped'] as const
const tones = ['info', 'warning', 'failed', 'healthy', 'production'] as const
const refused = new Refused('IN_USE', 'this segment is in use', {
  dependents: [{ kind: 'flag', id: 'new-checkout' }],
})

export default function ComponentsPage() {
  const [isOn, setIsOn] = useState(true)
  const [chips, setChips] = useState<readonly string[]>(['DE', 'AT'])
  const [choice, setChoice] = useState<'one' | 'two'>('one')
  const shares = [0, 1, 2, 3, 4, 5, 6].map((colour) => ({ name: `v${colour}`, colour, share: 1 / 7 }))
  return (
    <main className={css['page']}>
      <Page title="Components" actions={<ThemeButton />}>
        <Section title="Buttons" />
        <div className={css['row']}>
          {looks.map((look) => (
            <Button key={look} look={look} onClick={() => toast({ text: `${look} was pressed` })}>
              {look}
            </Button>
          ))}
          <Button disabled>disabled</Button>
          <Button small>small</Button>
          <Switch on={isOn} label="A switch" onChange={setIsOn} />
        </div>
        <Section title="Status" hint="round, with a word" />
        <div className={css['row']}>
          {states.map((state) => (
            <Status key={state} is={state}>
              {state}
            </Status>
          ))}
        </div>
        <Section title="Variations" hint="square, with a name" />
        <div className={css['row']}>
          {shares.map(({ name, colour }) => (
            <Variation key={name} name={name} colour={colour} />
          ))}
          <Variation name="none" colour={-1} />
        </div>
        <SplitBar shares={shares} thick />
        <Section title="Small things" />
        <div className={css['row']}>
          <Tag>tag</Tag>
          <Chip>chip</Chip>
          <Ago time={Date.now() - 3_600_000} />
          <Moment time={Date.now()} />
        </div>
        <Section title="Fields" />
        <div className={css['fields']}>
          <TextField label="Text" hint="A hint" />
          <TextField label="With a problem" problem="is not a number" defaultValue="x" />
          <SelectField label="Select">
            <option>One</option>
            <option>Two</option>
          </SelectField>
          <TextArea label="Several lines" />
          <Checkbox label="Checkbox" hint="A hint" />
          <Radio label="Radio" />
          <Segmented label="Two" value={choice} options={{ one: 'One', two: 'Two' }} onChange={setChoice} />
          <ChipsInput
            label="Values"
            values={chips}
            removeLabel={(value) => `Remove ${value}`}
            onChange={setChips}
          />
        </div>
        <Section title="Notes" />
        <div className={css['fields']}>
          {tones.map((tone) => (
            <Note key={tone} tone={tone}>
              A note of the tone {tone}.
            </Note>
          ))}
          <Refusal error={refused} />
        </div>
        <Section title="Differences" />
        <DiffList
          lines={[
            { what: 'Rule 1: serves', before: 'off', after: 'on 50 % · off 50 %' },
            { what: 'Rule 2', after: 'country is DE → on' },
            { what: 'Tags', before: 'web' },
          ]}
        />
        <Section title="States" />
        <Loading lines={3} />
        <Empty title="Nothing here yet">And how that changes.</Empty>
        <Failed
          error={new Refused('UNREACHABLE', 'the admin API cannot be reached')}
          retry={() => undefined}
        />
      </Page>
      <Toasts />
    </main>
  )
}
