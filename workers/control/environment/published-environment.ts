// The Durable Object of an environment, with the fingerprint of the file that AB Tasty's SDKs download.
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { EnvironmentObject } from './environment-do.ts'

export class Environment extends EnvironmentObject {
  protected override bucketingFileFingerprint(snapshot: Snapshot): string {
    return JSON.stringify(bucketingFile(snapshot).file)
  }
}
