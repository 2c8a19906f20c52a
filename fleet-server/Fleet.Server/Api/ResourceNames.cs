using Fleet.Contracts;
using Fleet.Server.Domain;

namespace Fleet.Server.Api;

/// <summary>Resource names of the operator API, read and written.</summary>
public static class ResourceNames
{
    /// <summary><c>terminals/{terminal}</c></summary>
    /// <exception cref="RefusedException">It is no such name; <paramref name="field"/> is named.</exception>
    public static TerminalId Terminal(string name, string field) =>
        TerminalId.TryParseResourceName(name, out var id)
            ? id
            : throw Wrong(field, name, "terminals/{terminal}, with 1 to 40 characters of A-Z, a-z, 0-9 and '-'");

    /// <summary><c>terminals/{terminal}</c>, or <c>terminals/-</c> for all: null.</summary>
    /// <inheritdoc cref="Terminal"/>
    public static TerminalId? Parent(string name, string field) => name == "terminals/-" ? null : Terminal(name, field);

    /// <summary><c>commands/{command}</c></summary>
    /// <inheritdoc cref="Terminal"/>
    public static string Command(string name, string field) =>
        name.Split('/') is ["commands", { Length: > 0 } id] ? id : throw Wrong(field, name, "commands/{command}");

    /// <summary><c>terminals/{terminal}/transactions/{transaction}</c></summary>
    /// <inheritdoc cref="Terminal"/>
    public static (TerminalId Terminal, string Transaction) Transaction(string name, string field) =>
        name.Split('/') is ["terminals", var terminal, "transactions", { Length: > 0 } transaction] && TerminalId.TryParse(terminal, out var id)
            ? (id, transaction)
            : throw Wrong(field, name, "terminals/{terminal}/transactions/{transaction}");

    /// <summary>Name of a command; empty for none.</summary>
    public static string OfCommand(string id) => id.Length == 0 ? string.Empty : $"commands/{id}";

    /// <summary>Name of a transaction.</summary>
    public static string OfTransaction(TerminalId terminal, string id) => $"{terminal.ResourceName}/transactions/{id}";

    /// <summary>Name of a settlement; empty for none.</summary>
    public static string OfSettlement(TerminalId terminal, string id) => id.Length == 0 ? string.Empty : $"{terminal.ResourceName}/settlements/{id}";

    private static RefusedException Wrong(string field, string name, string wanted) =>
        new(Refusal.Invalid(field, name.Length == 0 ? $"Missing: {wanted}." : $"'{name}' is not {wanted}."));
}
