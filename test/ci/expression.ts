/** Expressions of workflows, evaluated by GitHub's own library. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What `github`, `inputs`, `steps` and the like hold. */
export type Contexts = Readonly<Record<string, unknown>>;

/** How the job stands when a condition is asked. */
export type Status = 'success' | 'failure' | 'cancelled';

/** The text with each `${{ }}` replaced by its value. */
export function fill(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_match, expression: string) =>
    evaluate(expression, contexts, 'success').coerceString(),
  );
}

/** Every value of a mapping with its expressions replaced. */
export function fillAll(mapping: Readonly<Record<string, unknown>> = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, fill(String(value), contexts)]));
}

/** Whether an `if` holds. One that names no status is asked only while everything went well. */
export function holds(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const bare = (condition ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  const asksStatus = /\b(always|success|failure|cancelled)\(\)/.test(bare);
  return truthy(evaluate(asksStatus ? bare : `success() && (${bare})`, contexts, status));
}

function evaluate(expression: string, contexts: Contexts, status: Status): data.ExpressionData {
  const functions = new Map(
    Object.entries({
      always: true,
      success: status === 'success',
      failure: status === 'failure',
      cancelled: status === 'cancelled',
    }).map(([name, value]) => [name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) }]),
  );
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), [...functions.values()]).parse();
  const context = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, context, functions).evaluate();
}

function truthy(value: data.ExpressionData): boolean {
  return !['', 'false', '0'].includes(value.coerceString());
}
