/** What a Discord tool is, whatever carries its calls: MCP, REST or a test. @module */
import type { ParameterRules } from '@mcp-auth/core'
import * as z from 'zod/mini'
import type { DiscordBot } from '../discord/bot.ts'

/** One kind of right. */
export type ToolScope =
  | 'discord:channels.read'
  | 'discord:messages.read'
  | 'discord:messages.write'
  | 'discord:messages.moderate'

/** The rights a caller can be given, with what they mean in plain words. */
export const toolScopes: Readonly<Record<ToolScope, string>> = {
  'discord:channels.read': 'See the name, topic and kind of channels',
  'discord:messages.read': 'Read and search messages',
  'discord:messages.write': 'Send messages as the bot',
  'discord:messages.moderate': 'Delete messages of anybody',
}

/**
 * Parameters of a tool: a [Standard Schema](https://standardschema.dev) that also gives JSON Schema, as the official MCP
 * SDK wants it. REST validates with the same object.
 */
export interface ToolInput<Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly types?: { readonly input: unknown; readonly output: Input } | undefined
    readonly validate: (value: unknown) => ToolInputResult<Input> | Promise<ToolInputResult<Input>>
    readonly jsonSchema: {
      readonly input: (options: { readonly target: string }) => Record<string, unknown>
      readonly output: (options: { readonly target: string }) => Record<string, unknown>
    }
  }
}

/** A checked value, or what is wrong with it; the messages are ours and safe to show. */
export type ToolInputResult<Input> =
  | { readonly value: Input; readonly issues?: undefined }
  | { readonly issues: readonly ToolInputIssue[] }

/** One thing that is wrong. */
export interface ToolInputIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Who calls. */
export interface ToolActor {
  readonly subject: string
  /**
   * Set when the caller signed in with Discord. Then the tool does nothing that this user could not do: the bot mostly has
   * more rights than the people who talk through it. Without it, the caller has every right of the bot.
   */
  readonly discordUserId?: string | undefined
  readonly clientId: string
}

/** Surroundings of one call. */
export interface ToolContext {
  readonly bot: DiscordBot
  readonly actor: ToolActor
  /** Ends the call. */
  readonly signal: AbortSignal
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** A tool. */
export interface DiscordTool<Input = unknown> {
  readonly name: string
  readonly title: string
  readonly description: string
  /** The caller needs all of these. */
  readonly scopes: readonly ToolScope[]
  readonly input: ToolInput<Input>
  /** @see [Tool annotations](https://modelcontextprotocol.io/specification/2025-11-25/server/tools) */
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint: boolean
    readonly idempotentHint: boolean
    readonly openWorldHint: boolean
  }
  /** What the audit log keeps of each parameter: the value itself, or only how long it is. */
  readonly parameters: ParameterRules
  /**
   * Does the work; the answer is plain JSON.
   * @param input a value that {@link DiscordTool.input} has accepted
   * @throws {DiscordError}
   */
  run(input: Input, context: ToolContext): Promise<Record<string, unknown>>
}

/** Makes the parameters of a tool out of a zod schema. */
export function toToolInput<Schema extends z.ZodMiniType>(schema: Schema): ToolInput<z.output<Schema>> {
  const toJSONSchema = (io: 'input' | 'output'): Record<string, unknown> => ({
    ...z.toJSONSchema(schema, { target: 'draft-2020-12', io }),
  })
  return {
    '~standard': {
      version: 1,
      vendor: 'zod',
      validate: (value) => schema['~standard'].validate(value),
      // The small edition of zod validates only; the SDK would warn, and would load the large one.
      jsonSchema: { input: () => toJSONSchema('input'), output: () => toJSONSchema('output') },
    },
  }
}

/** Says what is wrong with parameters, in one sentence for who sent them. */
export function describeIssues(issues: readonly ToolInputIssue[]): string {
  const sentences = issues.map(({ message, path = [] }) => {
    const name = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return name === '' ? message : `${name} ${message}`
  })
  return sentences.join('; ')
}
