import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { EXIT, EeError, type Again, type Exit } from '../errors.js';
import { printable, printableJson } from '../printable.js';
import { redactor, type Redact, type Secret } from '../secret.js';
import type { Settings } from '../settings/settings.js';
import { failureDocument, isPromptClosed, renderFailure, toFailure, type ShownFailure } from './failure.js';
import { flagsAlone } from './flags-alone.js';
import { Interrupt } from './interrupt.js';
import { endNow } from './output/ending.js';
import { Notes } from './output/notes.js';
import { giveBytes, say, standardStreams } from './output/standard-streams.js';
import { watchReader } from './output/reader-watch.js';

/** What every command is: the common flags, one way to print, one way to fail, one way to be interrupted. */
export abstract class EeCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    'env-file': Flags.string({
      description: 'Settings file. Default: .env.production here or in a parent folder.',
      helpGroup: 'GLOBAL',
      helpValue: 'PATH',
    }),
    verbose: Flags.boolean({
      description: 'Show more, also of an unexpected error.',
      helpGroup: 'GLOBAL',
      default: false,
    }),
  };

  /** What running it again does after an interruption. */
  protected readonly again: Again = 'continues';

  /** Whether it gives one JSON document a line, as often as it has one, instead of one at its end. */
  protected jsonLines = false;

  #redact: Redact = redactor([]);
  readonly #secrets: Secret[] = [];
  #interrupt: Interrupt | undefined;
  #exit: Exit = EXIT.done;
  readonly #notes = new Notes(() => standardStreams().err);
  #endWatch: () => void = () => undefined;

  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. A command that asks for it must stop in good order when it is. */
  protected get signal(): AbortSignal {
    return this.#interruptions().signal;
  }

  /** Finds, loads and validates the settings, and teaches the redactor their secrets. */
  protected async settings(flags: { 'env-file'?: string | undefined }): Promise<Settings> {
    const { findSettingsFile, loadSettings } = await import('../settings/load.js');
    const settings = await loadSettings(findSettingsFile(flags['env-file'], process.cwd()));
    this.hide(settings.secrets);
    return settings;
  }

  /** Secrets that no output of this command may show. */
  protected hide(secrets: readonly Secret[]): void {
    this.#secrets.push(...secrets);
    this.#redact = redactor(this.#secrets);
  }

  /** The redactor of this command, for whoever renders output of its own (progress lines, listr2). */
  protected get redact(): Redact {
    return (text) => this.#redact(text);
  }

  /** The result for people, on stdout. Silent under --json. Control characters in it are written out. */
  protected print(text = ''): void {
    if (!this.jsonEnabled()) say(standardStreams().out, this.#redact(text));
  }

  /** The same of a view that styles its text, and has made printable what `ee` did not make. */
  protected printStyled(text: string): void {
    if (!this.jsonEnabled()) say(standardStreams().out, this.#redact(text), { styled: true });
  }

  /** A result for other programs, on stdout: these bytes and no others, unless a terminal would obey them. Silent under --json. */
  protected give(bytes: Uint8Array | string): void {
    if (!this.jsonEnabled()) giveBytes(Buffer.from(bytes));
  }

  /** Advice and progress, on stderr. Silent under --json, and once nobody reads the result. */
  protected note(text: string): void {
    if (!this.jsonEnabled() && standardStreams().out.loss?.kind !== 'reader') this.#notes.say(this.#redact(text));
  }

  /** Resolves once the reader has taken most of what was written, or on Ctrl-C. What prints without an end waits for it. */
  protected caughtUp(): Promise<void> {
    return standardStreams().out.room(this.signal);
  }

  /** Ends with this status after the result was shown: EXIT.found of a check, EXIT.failed of a part that failed. */
  protected exitWith(exit: Exit): void {
    this.#exit = exit;
  }

  /** Whether somebody sits at a terminal and can be asked. */
  protected get interactive(): boolean {
    return !this.jsonEnabled() && process.stdin.isTTY;
  }

  /** Asks before something that cannot be undone. Throws when the answer is no, and off a TTY without --yes. */
  protected async confirm(question: string, { yes }: { yes: boolean }): Promise<void> {
    if (yes) return;
    if (!this.interactive) {
      throw new EeError('USAGE', {
        message: `${question} ${this.jsonEnabled() ? '--json does not ask.' : 'Nobody can answer here, since there is no terminal.'}`,
        hint: 'Add --yes to agree beforehand.',
      });
    }
    const { default: inquirer } = await import('inquirer');
    const { agreed } = await inquirer.prompt([
      { type: 'confirm', name: 'agreed', message: printable(this.#redact(question)), default: false },
    ]);
    if (!agreed) throw new EeError('DECLINED', { question });
  }

  /**
   * Asks for the name of what would make way: a yes is typed too easily. Off a terminal the flag must carry it, whatever --yes says.
   */
  protected async confirmDatabase(database: string, given: string | undefined): Promise<void> {
    if (given === database) return;
    if (given !== undefined || !this.interactive) {
      throw new EeError('MAILWIZZ_DATABASE_UNCONFIRMED', { database, given: given ?? '' });
    }
    const { default: inquirer } = await import('inquirer');
    const message = 'Type the name of the database whose data makes way:';
    const { name } = await inquirer.prompt([{ type: 'input', name: 'name', message }]);
    if (name !== database) throw new EeError('MAILWIZZ_DATABASE_UNCONFIRMED', { database, given: String(name) });
  }

  /** oclif takes the default of a flag for the flag itself, and lets through what needs it; this does not. */
  protected override async parse<
    F extends Interfaces.OutputFlags<F>,
    B extends Interfaces.OutputFlags<B>,
    A extends Interfaces.OutputArgs<A>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    const alone = flagsAlone({ ...options?.baseFlags, ...options?.flags }, parsed);
    if (alone.length > 0) {
      const command = this.#typed();
      throw new EeError('USAGE', {
        message: alone.map(({ flag, needs }) => `\`${command}\` takes --${flag} only with --${needs}.`).join('\n'),
        hint: `\`${command} --help\` shows what it takes.`,
      });
    }
    return parsed;
  }

  protected override async init(): Promise<void> {
    await super.init();
    const interrupt = this.#interruptions();
    interrupt.listen();
    const { out } = standardStreams();
    out.onLoss(() => interrupt.abandon());
    this.#endWatch = watchReader(process.stdout.fd, () => out.lose({ kind: 'reader' }));
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#interrupt?.ignore();
    this.#endWatch();
    this.#notes.end();
    await super.finally(error);
  }

  /** oclif would print its own text and lose the status under --json: both are decided here instead. */
  protected override async catch(error: Error): Promise<never> {
    if (standardStreams().out.loss !== undefined && this.#interrupt?.stopped(error)) return this.exit(EXIT.interrupted);
    const interrupted = this.#interrupt?.happened || isPromptClosed(error);
    const cause = interrupted ? this.#interruptions().failure : error;
    if (cause instanceof Errors.ExitError) throw cause;
    const failure = toFailure(cause, this.#typed());
    this.#show(failure);
    return this.exit(failure.exit);
  }

  protected override async _run<T>(): Promise<T> {
    const result = await super._run<T>();
    // What an interrupted command failed at, it failed at because of that.
    if (this.#exit !== EXIT.done) this.exit(this.#interrupt?.happened ? EXIT.interrupted : this.#exit);
    return result;
  }

  /** Never coloured, so that a terminal and a pipe are given the same document. */
  protected override logJson(json: unknown): void {
    if (json === undefined) return;
    const text = JSON.stringify(json, null, this.jsonLines ? undefined : 2);
    say(standardStreams().out, printableJson(this.#redact(text)));
  }

  protected override toErrorJson(error: unknown): unknown {
    return failureDocument(toFailure(error, this.#typed()));
  }

  #show(failure: ShownFailure): void {
    if (this.jsonEnabled()) return this.logJson(failureDocument(failure));
    const verbose = this.argv.includes('--verbose');
    say(standardStreams().err, this.#redact(renderFailure(failure, { verbose })));
  }

  #interruptions(): Interrupt {
    const end = (exit: Exit): void => {
      if (standardStreams().out.loss === undefined) this.#show(toFailure(this.#interruptions().failure, this.#typed()));
      endNow(exit);
    };
    this.#interrupt ??= new Interrupt(this.#typed(), end, this.again);
    return this.#interrupt;
  }

  #typed(): string {
    return `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')}`.trim();
  }
}
