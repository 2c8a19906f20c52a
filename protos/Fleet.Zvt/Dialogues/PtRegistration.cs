using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>What the ECR asked for in Registration, as far as it binds the PT (reference sections 9.1 and 11.1).</summary>
public sealed record PtRegistration
{
    /// <summary>Before any registration: the PT prints itself.</summary>
    public static readonly PtRegistration None = new();

    /// <summary>What Log-off leaves behind.</summary>
    public static readonly PtRegistration AfterLogOff = new() { Config = ConfigByte.AfterLogOff };

    /// <summary>True between Registration and Log-off.</summary>
    public bool IsRegistered { get; init; }

    /// <summary>Config byte in force.</summary>
    public ConfigByte Config { get; init; }

    /// <summary>Service byte of the registration.</summary>
    public byte ServiceByte { get; init; }

    /// <summary>The ECR named a currency: the PT may do so too.</summary>
    public int? Currency { get; init; }

    /// <summary>The ECR sent a TLV container: the PT may do so too.</summary>
    public bool TlvAllowed { get; init; }

    /// <summary>Commands of TLV 26; null when there is no list.</summary>
    public ImmutableArray<int>? PermittedCommands { get; init; }

    /// <summary>Character set of texts: the first one of TLV 14 or 27 that is known here (section 6).</summary>
    public ZvtCharset Charset { get; init; }

    /// <summary>Columns of the ECR's printer (TLV 12).</summary>
    public int? PrinterWidth { get; init; }

    /// <summary>06 D3 only when TLV 26 lists it; otherwise lines.</summary>
    public bool AllowsPrintBlocks => PermittedCommands?.Contains(PrintBlock.MessageCode) ?? false;

    /// <summary>The state that <paramref name="registration"/> asks for.</summary>
    public static PtRegistration From(Registration registration) => new()
    {
        IsRegistered = true,
        Config = registration.Config,
        ServiceByte = registration.ServiceByte ?? 0,
        Currency = registration.Currency,
        TlvAllowed = registration.Fields.Has(Bmp.Tlv),
        Charset = CharsetOf(registration.Tlv),
        PrinterWidth = (int?)registration.Tlv?.Number(TlvTags.PrinterWidth),
        PermittedCommands = registration.Tlv?.Find(TlvTags.PermittedCommands)?.Children is { } list
            ? [.. list.Nodes.Where(static n => n is { Tag: TlvTags.CommandCode, Value.Length: 2 }).Select(static n => (n.Value.Span[0] << 8) | n.Value.Span[1])]
            : null,
    };

    private static ZvtCharset CharsetOf(TlvContainer? tlv)
    {
        var offered = (tlv?.Find(TlvTags.CharacterSets)?.Children?.Nodes ?? []).Prepend(tlv?.Find(TlvTags.CharacterSet));
        return offered
            .Where(static n => n is { Tag: TlvTags.CharacterSet, Value.Length: 1 })
            .Select(static n => ZvtText.FromCode(n!.Value.Span[0]))
            .FirstOrDefault(static c => c is not null) ?? ZvtCharset.Cp437;
    }
}
