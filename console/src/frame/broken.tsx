// What a page shows when it throws, and where there is none.
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/states.tsx'

export function Broken({ error }: { error: unknown }) {
  return (
    <Empty title={common.broken} action={<Button onClick={() => location.reload()}>{common.reload}</Button>}>
      {common.brokenHint} {error instanceof Error && <code>{error.message}</code>}
    </Empty>
  )
}

export const NoSuchPage = () => <Empty title={common.noSuchPage}>{common.noSuchPageHint}</Empty>
