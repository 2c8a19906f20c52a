namespace Fleet.Server.Storage.Engine;

/// <summary>The steps of the schema as text for both engines.</summary>
internal static class Schema
{
    public static Migration Initial { get; } = new(1, "initial", """
        CREATE TABLE change_counter (id INTEGER PRIMARY KEY, value BIGINT NOT NULL);
        INSERT INTO change_counter (id, value) VALUES (1, 0);

        CREATE TABLE requests (
            scope TEXT NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, resource TEXT NOT NULL, created_at BIGINT NOT NULL,
            PRIMARY KEY (scope, request_id));

        CREATE TABLE terminals (
            id {text} NOT NULL PRIMARY KEY, display_name TEXT NOT NULL, store TEXT NOT NULL, lane TEXT NOT NULL,
            state TEXT NOT NULL, suspension_kind TEXT NOT NULL, gate TEXT NOT NULL,
            tid TEXT NOT NULL, serial_number TEXT NOT NULL, model TEXT NOT NULL, software TEXT NOT NULL,
            agent_version TEXT NOT NULL, certificate_fingerprint TEXT NOT NULL,
            connected INTEGER NOT NULL, last_contact_at BIGINT, unsent_entries BIGINT NOT NULL,
            link TEXT NOT NULL, terminal_status BIGINT NOT NULL, command_counter BIGINT NOT NULL,
            created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, version BIGINT NOT NULL);
        CREATE INDEX terminals_version ON terminals (version);
        CREATE INDEX terminals_state ON terminals (state, id);
        CREATE INDEX terminals_store ON terminals (store, id);

        CREATE TABLE terminal_moves (
            ordinal {key}, terminal_id {text} NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL, event TEXT NOT NULL,
            at BIGINT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL);
        CREATE INDEX terminal_moves_terminal ON terminal_moves (terminal_id, ordinal);

        CREATE TABLE enrolment_tokens (
            secret_hash TEXT NOT NULL PRIMARY KEY, terminal_id {text} NOT NULL, actor TEXT NOT NULL, created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL, ended_at BIGINT, ended_by TEXT NOT NULL);
        CREATE INDEX enrolment_tokens_terminal ON enrolment_tokens (terminal_id);

        CREATE TABLE alarms (
            ordinal {key}, terminal_id {text} NOT NULL, severity TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, source TEXT NOT NULL,
            first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, occurrences BIGINT NOT NULL);
        CREATE INDEX alarms_terminal ON alarms (terminal_id, code, ordinal);

        CREATE TABLE journals (
            id {key}, terminal_id {text} NOT NULL, epoch {blob} NOT NULL, through BIGINT NOT NULL, head_hash {blob} NOT NULL,
            created_at BIGINT NOT NULL, received_at BIGINT NOT NULL, UNIQUE (terminal_id, epoch));

        CREATE TABLE journal_runs (
            journal_id BIGINT NOT NULL, first_sequence BIGINT NOT NULL, last_sequence BIGINT NOT NULL, received_at BIGINT NOT NULL,
            entries {blob} NOT NULL);
        CREATE INDEX journal_runs_first ON journal_runs (journal_id, first_sequence);

        CREATE TABLE transactions (
            ordinal {key}, terminal_id {text} NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL,
            amount_minor BIGINT, amount_currency TEXT, requested_minor BIGINT, requested_currency TEXT,
            booked_count BIGINT NOT NULL, booked_minor BIGINT NOT NULL,
            trace_number BIGINT NOT NULL, receipt_number BIGINT NOT NULL, tid TEXT NOT NULL, result_code BIGINT NOT NULL,
            card_type BIGINT NOT NULL, card_name TEXT NOT NULL, masked_pan TEXT NOT NULL, approval_code TEXT NOT NULL,
            terminal_local_time TEXT NOT NULL, agent_at BIGINT NOT NULL, ingest_at BIGINT NOT NULL,
            evidence TEXT NOT NULL, evidence_text TEXT NOT NULL, settlement_id TEXT NOT NULL,
            journal_id BIGINT NOT NULL, sequence BIGINT NOT NULL, version BIGINT NOT NULL, UNIQUE (terminal_id, id));
        CREATE INDEX transactions_version ON transactions (version);
        CREATE INDEX transactions_terminal ON transactions (terminal_id, ordinal);
        CREATE INDEX transactions_open ON transactions (terminal_id, journal_id, sequence) WHERE settlement_id = '';
        CREATE INDEX transactions_settled ON transactions (settlement_id) WHERE settlement_id <> '';

        CREATE TABLE transaction_revisions (
            ordinal {key}, terminal_id {text} NOT NULL, id TEXT NOT NULL, journal_id BIGINT NOT NULL, sequence BIGINT NOT NULL,
            outcome TEXT NOT NULL, amount_minor BIGINT, amount_currency TEXT, evidence TEXT NOT NULL, ingest_at BIGINT NOT NULL,
            replaced_at BIGINT NOT NULL);
        CREATE INDEX transaction_revisions_transaction ON transaction_revisions (terminal_id, id, ordinal);

        CREATE TABLE settlements (
            ordinal {key}, terminal_id {text} NOT NULL, id TEXT NOT NULL, command_id TEXT NOT NULL,
            journal_id BIGINT NOT NULL, sequence BIGINT NOT NULL, chain_hash {blob} NOT NULL,
            after_sequence BIGINT NOT NULL, through_sequence BIGINT NOT NULL, result_code BIGINT NOT NULL,
            terminal_count BIGINT NOT NULL, terminal_minor BIGINT NOT NULL, terminal_currency TEXT NOT NULL,
            journal_count BIGINT NOT NULL, journal_minor BIGINT NOT NULL, journal_currency TEXT NOT NULL,
            ledger_count BIGINT, ledger_minor BIGINT, ledger_currency TEXT,
            acquirer_count BIGINT, acquirer_minor BIGINT, acquirer_currency TEXT,
            brands TEXT NOT NULL, receipt_from BIGINT NOT NULL, receipt_to BIGINT NOT NULL, trace_number BIGINT NOT NULL, tid TEXT NOT NULL,
            state TEXT NOT NULL, difference_code TEXT NOT NULL, difference TEXT NOT NULL,
            verdict {blob}, verdict_result TEXT NOT NULL,
            received_at BIGINT NOT NULL, version BIGINT NOT NULL, UNIQUE (terminal_id, id));
        CREATE INDEX settlements_terminal ON settlements (terminal_id, ordinal);
        CREATE INDEX settlements_command ON settlements (command_id) WHERE command_id <> '';
        CREATE INDEX settlements_trace ON settlements (tid, trace_number);

        CREATE TABLE acquirer_reports (
            ordinal {key}, tid TEXT NOT NULL, trace_number BIGINT NOT NULL, count BIGINT NOT NULL, minor BIGINT NOT NULL, currency TEXT NOT NULL,
            actor TEXT NOT NULL, received_at BIGINT NOT NULL, terminal_id TEXT NOT NULL, settlement_id TEXT NOT NULL);
        CREATE INDEX acquirer_reports_trace ON acquirer_reports (tid, trace_number, ordinal);

        CREATE TABLE commands (
            ordinal {key}, id TEXT NOT NULL UNIQUE, terminal_id {text} NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, is_open INTEGER NOT NULL,
            state_reason TEXT NOT NULL, state_detail TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, requester TEXT NOT NULL,
            counter BIGINT NOT NULL, not_before BIGINT, expires_at BIGINT NOT NULL, enforcement TEXT NOT NULL, settlement_id TEXT NOT NULL,
            envelope {blob}, cancel_reason TEXT NOT NULL, cancel_envelope {blob},
            closing_journal_id BIGINT, closing_sequence BIGINT, closing_hash {blob}, closing_at BIGINT,
            has_proof INTEGER NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, version BIGINT NOT NULL);
        CREATE INDEX commands_open ON commands (terminal_id, counter) WHERE is_open = 1;
        CREATE INDEX commands_waiting ON commands (state, expires_at) WHERE is_open = 1;
        CREATE INDEX commands_terminal ON commands (terminal_id, ordinal);

        CREATE TABLE command_moves (
            ordinal {key}, command_id TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL, at BIGINT NOT NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
        CREATE INDEX command_moves_command ON command_moves (command_id, ordinal);

        CREATE TABLE closing_proofs (
            command_id TEXT NOT NULL PRIMARY KEY, terminal_id {text} NOT NULL, settlement_id TEXT NOT NULL, key_id TEXT NOT NULL,
            envelope {blob} NOT NULL, issued_at BIGINT NOT NULL);

        CREATE TABLE gate_changes (
            ordinal {key}, terminal_id {text} NOT NULL, from_gate TEXT NOT NULL, to_gate TEXT NOT NULL, reason TEXT NOT NULL,
            command_id TEXT NOT NULL, agent_at BIGINT NOT NULL, received_at BIGINT NOT NULL);
        CREATE INDEX gate_changes_terminal ON gate_changes (terminal_id, ordinal)
        """);

    public static Migration CommandResults { get; } = new(2, "parameters and results of commands", """
        ALTER TABLE commands ADD COLUMN parameters {blob};
        ALTER TABLE commands ADD COLUMN report TEXT NOT NULL DEFAULT '';
        ALTER TABLE commands ADD COLUMN attachment_name TEXT NOT NULL DEFAULT '';
        ALTER TABLE commands ADD COLUMN attachment {blob}
        """);

    public static Migration Trust { get; } = new(3, "certificates, trust bundles and approvals", """
        CREATE TABLE certificates (
            ordinal {key}, terminal_id {text} NOT NULL, fingerprint TEXT NOT NULL, key_id TEXT NOT NULL, cause TEXT NOT NULL, token_hash TEXT NOT NULL,
            issued_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, accepted_at BIGINT, ended_at BIGINT, ended_by TEXT NOT NULL, certificate {blob} NOT NULL,
            UNIQUE (terminal_id, fingerprint));
        CREATE INDEX certificates_terminal ON certificates (terminal_id, ordinal);

        CREATE TABLE trust_bundles (version BIGINT NOT NULL PRIMARY KEY, envelope {blob} NOT NULL, actor TEXT NOT NULL, published_at BIGINT NOT NULL);
        ALTER TABLE terminals ADD COLUMN trust_version BIGINT NOT NULL DEFAULT 0;

        CREATE TABLE command_approvals (
            command_id TEXT NOT NULL, key_id TEXT NOT NULL, owner TEXT NOT NULL, signature {blob} NOT NULL, given_at BIGINT NOT NULL,
            PRIMARY KEY (command_id, key_id));
        ALTER TABLE commands ADD COLUMN approvals_needed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE commands ADD COLUMN approval_order {blob};
        ALTER TABLE commands ADD COLUMN approvals {blob}
        """);

    public static Migration TerminalHealth { get; } = new(4, "health of terminals", """
        ALTER TABLE terminals ADD COLUMN health {blob};
        ALTER TABLE terminals ADD COLUMN health_at BIGINT
        """);
}
