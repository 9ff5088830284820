// What holds for the whole environment: about it and its project, how it is changed and served, its tags.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { EnvironmentRow, Project } from '../../../workers/control/api/shapes.ts'
import { ask } from '../api/client.ts'
import { settingsQuery } from '../api/queries.ts'
import { useEnvironment, useEnvironmentId, useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { frame } from '../messages/frame.ts'
import { settings as words } from '../messages/settings.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Page, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { EditEnvironment } from './edit-environment.tsx'
import { EditProject } from './edit-project.tsx'
import { Emergency } from './emergency.tsx'
import { ForgetUsers } from './forget-users.tsx'
import { useOrganisation } from './organisation.ts'
import { ServingForm } from './serving-form.tsx'
import css from './settings.module.css'
import { Tags } from './tags.tsx'

export default function EnvironmentSettings() {
  const id = useEnvironmentId()
  const environment = useEnvironment()
  const query = useQuery(settingsQuery(id))
  return (
    <Page title={frame.pages.settings} lead={words.lead}>
      <div className={css['sections']}>
        {environment && <About environment={environment} />}
        <Loaded query={query}>
          {(settings) => (
            <>
              <ServingForm settings={settings} />
              <Emergency settings={settings} />
            </>
          )}
        </Loaded>
        <Tags />
        <ForgetUsers />
      </div>
    </Page>
  )
}

function About({ environment }: { environment: EnvironmentRow }) {
  const { id, name, description, production, projectId } = environment
  const isAdmin = useMay('admin')
  const organisation = useOrganisation()
  const { data: project } = useQuery({
    queryKey: ['', 'project', projectId],
    queryFn: () => ask<Project>('GET', `/projects/${encodeURIComponent(projectId)}`),
  })
  const [edited, setEdited] = useState<'environment' | 'project'>()
  const locked = (may: boolean) => (may ? {} : { disabled: true, title: common.needsRole(common.roleAdmin) })
  return (
    <section>
      <Section title={words.about}>
        <Button small {...locked(isAdmin)} onClick={() => setEdited('environment')}>
          {words.edit}
        </Button>
        <Button
          small
          look="ghost"
          {...locked(organisation?.isAdmin ?? false)}
          onClick={() => setEdited('project')}
        >
          {words.editProject}
        </Button>
      </Section>
      <dl className={css['facts']}>
        <dt>{setup.name}</dt>
        <dd>
          {name || id} <code>{id}</code>
        </dd>
        {description && (
          <>
            <dt>{setup.environments.description}</dt>
            <dd>{description}</dd>
          </>
        )}
        <dt>{frame.production}</dt>
        <dd>{production ? words.isProduction : words.isNoProduction}</dd>
        <dt>{words.project}</dt>
        <dd>
          {project?.name || projectId} <code>{projectId}</code>
        </dd>
      </dl>
      {edited === 'environment' && (
        <EditEnvironment environment={environment} onClose={() => setEdited(undefined)} />
      )}
      {edited === 'project' && project && (
        <EditProject project={project} onClose={() => setEdited(undefined)} />
      )}
    </section>
  )
}
