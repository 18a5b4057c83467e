import type { Block, Document, Node } from '../document.js';
import { directiveIn, inserted, isBlock, nameOf, valueOf, withChildren, withName, withValue, written } from './edit.js';
import { authSourceName, loginUser } from './logged-in.js';
import type { AdaptationPlan } from './plan.js';
import { ReportBook } from './report.js';

/** Name and password of the user that hands over mail. */
export type Login = Pick<AdaptationPlan, 'smtpUser' | 'smtpPassword'>;

/** The users that may hand over mail with a password. */
export function submissionLogins(nodes: readonly Node[]): { readonly user: string; readonly password: string }[] {
  return nodes.flatMap((node) => {
    const password = isBlock(node, 'smtp-user') ? directiveIn(node, 'password') : undefined;
    return isBlock(node, 'smtp-user') && password ? [{ user: nameOf(node), password: valueOf(password) }] : [];
  });
}

/** The document with the login of the settings, and every other line as it is. */
export function withLogin(document: Document, login: Login): Document {
  return {
    ...document,
    nodes: setSmtpUser(document.nodes, authSourceName(document.nodes, login.smtpUser), login, new ReportBook()),
  };
}

/** Gives the user that hands over mail its name and password from the settings. */
export function setSmtpUser(nodes: readonly Node[], auth: string, plan: Login, book: ReportBook): readonly Node[] {
  const users = nodes.filter((node): node is Block => isBlock(node, 'smtp-user'));
  const target = loginUser(nodes, plan.smtpUser);
  for (const user of users) {
    if (user !== target)
      book.note(
        'left',
        `<smtp-user ${nameOf(user)}>`,
        'is another user, with the password that it had',
        user.open.number,
      );
  }
  if (target) return nodes.map((node) => (node === target ? changedUser(target, auth, plan, book) : node));

  book.note('added', `<smtp-user ${plan.smtpUser}>`, 'somebody must be able to log in');
  const place = nodes.findIndex((node) => isBlock(node, 'source') && nameOf(node) === auth);
  const user = [
    `<smtp-user ${plan.smtpUser}>`,
    `    password ${plan.smtpPassword.reveal()}`,
    `    source ${auth}`,
    '</smtp-user>',
  ];
  return inserted(nodes, place === -1 ? nodes.length : place, written(user));
}

function changedUser(user: Block, auth: string, plan: Login, book: ReportBook): Block {
  const wanted = { password: plan.smtpPassword.reveal(), source: auth };
  let { children } = user;
  for (const [keyword, value] of Object.entries(wanted)) {
    const directive = directiveIn(user, keyword);
    children = directive
      ? children.map((child) => (child === directive ? withValue(directive, value) : child))
      : [...children, ...written([`    ${keyword} ${value}`])];
  }
  const renamed = withName(user, plan.smtpUser);
  const changed =
    renamed !== user ||
    children.length !== user.children.length ||
    children.some((child, at) => child !== user.children[at]);
  if (!changed) return user;
  book.note(
    'changed',
    `<smtp-user ${nameOf(user)}>`,
    `is now ${plan.smtpUser}, with the password of the settings`,
    user.open.number,
  );
  return withChildren(renamed, children);
}
