"""What a provider sends back about a message that it took: a complaint (ARF, RFC 5965), or a bounce (DSN, RFC 3464)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.generator import BytesGenerator
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid
from io import BytesIO

# RFC 5965 §7.3; what is no complaint (not-spam) is left out.
FEEDBACK_TYPES = ("abuse", "fraud", "virus", "other")
# RFC 3464 §2.3.3, those that tell of trouble.
ACTIONS = ("failed", "delayed")


class BadReport(ValueError):
    """What was asked for cannot be reported. The text says why."""


@dataclass(frozen=True)
class Report:
    """A message that goes back: from whom and to whom on the envelope, and its bytes."""

    mail_from: str
    to: str
    content: bytes


def complaint(about: dict, original: bytes, exchange: str, asked: dict) -> Report:
    """A complaint about a message. Without `to` it goes to `fbl` at the domain that signed, else at that of the return path."""
    kind = asked.get("type") or "abuse"
    if kind not in FEEDBACK_TYPES:
        raise BadReport(f"{kind} is none of {', '.join(FEEDBACK_TYPES)}")
    domains = [one["domain"] for one in about["verdicts"]["dkim"] if one["result"] == "pass"]
    domains.append(about["envelope"]["from"].rpartition("@")[2])
    to = asked.get("to") or f"fbl@{next((domain for domain in domains if domain), '')}"
    recipient = about["envelope"]["to"][0]
    sender = f"complaints@{recipient.rpartition('@')[2]}"
    machine = [
        ("Feedback-Type", kind),
        ("User-Agent", "ee-lab/1"),
        ("Version", "1"),
        ("Original-Mail-From", f"<{about['envelope']['from']}>"),
        *([] if asked.get("hide") else [("Original-Rcpt-To", f"<{recipient}>")]),
        ("Arrival-Date", _date(about)),
        ("Source-IP", about["client"]),
        *(("Reported-Domain", domain) for domain in dict.fromkeys(domains[:1]) if domain),
    ]
    subject = f"complaint about message from {about['client']}"
    text = f"{recipient if not asked.get('hide') else 'A recipient'} reports the message below as unwanted.\n"
    content = _report("feedback-report", [machine], original, exchange, sender, to, subject, text)
    return Report(sender, _address(to), content)


def bounce(about: dict, original: bytes, exchange: str, asked: dict) -> Report:
    """A bounce that comes after the message was taken: to its return path, from nobody (RFC 3464 §2)."""
    action = asked.get("action") or "failed"
    if action not in ACTIONS:
        raise BadReport(f"{action} is none of {', '.join(ACTIONS)}")
    status = asked.get("status") or {"failed": "5.1.1", "delayed": "4.4.1"}[action]
    if not re.fullmatch(r"[45]\.\d{1,3}\.\d{1,3}", status):
        raise BadReport(f"{status} is no status code of trouble, such as 5.1.1 (RFC 3463)")
    to = about["envelope"]["from"]
    if not to:
        raise BadReport("the message has no return path, as a bounce itself has none")
    code = {"5": "550", "4": "450"}[status[0]]
    told = asked.get("text") or ("user unknown" if action == "failed" else "not yet delivered")
    recipient = about["envelope"]["to"][0]
    of_message = [("Reporting-MTA", f"dns; {exchange}"), ("Arrival-Date", _date(about))]
    of_recipient = [
        ("Original-Recipient", f"rfc822; {recipient}"),
        ("Final-Recipient", f"rfc822; {recipient}"),
        ("Action", action),
        ("Status", status),
        ("Remote-MTA", f"dns; {exchange}"),
        ("Diagnostic-Code", f"smtp; {code} {status} {_line(told)}"),
    ]
    sender = f"MAILER-DAEMON@{recipient.rpartition('@')[2]}"
    text = f"Your message to {recipient} {'could not be delivered' if action == 'failed' else 'is late'}: {_line(told)}\n"
    subject = "Delivery Status Notification"
    content = _report("delivery-status", [of_message, of_recipient], original, exchange, sender, to, subject, text)
    return Report("", to, content)


def _report(kind, blocks, original, exchange, sender, to, subject, text) -> bytes:
    """multipart/report (RFC 6522): words for people, the machine's part, and the headers of the message that it is about."""
    report = MIMEMultipart("report", report_type=kind)
    report["From"], report["To"], report["Subject"] = sender, _address(to), subject
    report["Date"], report["Message-ID"] = format_datetime(datetime.now().astimezone()), make_msgid(domain=exchange)
    report["Auto-Submitted"] = "auto-generated"
    report.attach(MIMEText(text))
    machine = Message()
    machine["Content-Type"] = f"message/{kind}"
    machine.set_payload([_fields(block) for block in blocks])
    report.attach(machine)
    headers = Message()
    headers["Content-Type"] = "text/rfc822-headers"
    headers.set_payload(original.partition(b"\r\n\r\n")[0].decode("latin-1").replace("\r\n", "\n") + "\n")
    report.attach(headers)
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False).flatten(report, linesep="\r\n")
    return buffer.getvalue()


def _fields(block) -> Message:
    fields = Message()
    for name, value in block:
        fields[name] = value
    return fields


def _date(about: dict) -> str:
    return format_datetime(datetime.fromisoformat(about["receivedAt"]))


def _line(text: str) -> str:
    return " ".join(text.split())


def _address(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+", text):
        raise BadReport(f"{text} is no address")
    return text
