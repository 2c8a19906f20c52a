using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>Why a till is refused, as it is told.</summary>
public enum TillRefusal
{
    /// <summary>The gate is draining: a settlement is about to run.</summary>
    Draining,

    /// <summary>The gate is disabled.</summary>
    Disabled,

    /// <summary>The gate is locked after a settlement.</summary>
    Locked,

    /// <summary>The terminal is retired.</summary>
    Retired,

    /// <summary>Nobody answers on the line.</summary>
    TerminalUnreachable,

    /// <summary>Another device answers than the pinned one.</summary>
    TerminalSubstituted,

    /// <summary>An earlier payment has no known outcome yet.</summary>
    Unresolved,

    /// <summary>An earlier payment can only be decided by an end-of-day.</summary>
    EndOfDayNeeded,

    /// <summary>The agent cannot store payments at the moment.</summary>
    CannotStore,

    /// <summary>The amount is above what is allowed.</summary>
    AmountTooHigh,

    /// <summary>This kind of payment is switched off.</summary>
    MethodOff,

    /// <summary>Too much is not known to the server yet.</summary>
    OfflineLimit,

    /// <summary>The server was not heard for too long.</summary>
    LeaseEnded,
}

/// <summary>Texts for tills and displays: short. Only Chinese has characters that need a character set both sides agreed on.</summary>
public static class TillTexts
{
    private static readonly Dictionary<TillRefusal, string[]> Texts = new()
    {
        [TillRefusal.Draining] = ["Terminal is being settled", "Kassenschnitt laeuft", "Cloture en cours", "Chiusura in corso", "正在结算"],
        [TillRefusal.Disabled] = ["Terminal is disabled", "Terminal gesperrt", "Terminal desactive", "Terminale disattivato", "终端已停用"],
        [TillRefusal.Locked] = ["Terminal is locked", "Terminal verriegelt", "Terminal verrouille", "Terminale bloccato", "终端已锁定"],
        [TillRefusal.Retired] = ["Terminal is retired", "Terminal stillgelegt", "Terminal hors service", "Terminale dismesso", "终端已报废"],
        [TillRefusal.TerminalUnreachable] = ["Terminal does not answer", "Terminal antwortet nicht", "Terminal sans reponse", "Terminale non risponde", "终端无响应"],
        [TillRefusal.TerminalSubstituted] = ["Wrong terminal connected", "Falsches Terminal", "Mauvais terminal connecte", "Terminale sbagliato", "连接的终端不符"],
        [TillRefusal.Unresolved] = ["Checking last payment", "Letzte Zahlung wird geprueft", "Verification du paiement", "Verifica ultimo pagamento", "正在核对上一笔付款"],
        [TillRefusal.EndOfDayNeeded] = ["End-of-day is needed", "Kassenschnitt noetig", "Cloture necessaire", "Chiusura necessaria", "请先进行日结"],
        [TillRefusal.CannotStore] = ["Payments cannot be stored", "Speicher gestoert", "Stockage impossible", "Memoria non disponibile", "无法保存付款"],
        [TillRefusal.AmountTooHigh] = ["Amount is too high", "Betrag zu hoch", "Montant trop eleve", "Importo troppo alto", "金额超过上限"],
        [TillRefusal.MethodOff] = ["Payment type is switched off", "Zahlungsart gesperrt", "Type de paiement bloque", "Pagamento disattivato", "该支付方式已停用"],
        [TillRefusal.LeaseEnded] = ["Locked: no server contact", "Gesperrt: kein Serverkontakt", "Bloque: serveur muet", "Bloccato: server assente", "已锁定：无法连接服务器"],
        [TillRefusal.OfflineLimit] = ["Offline limit is reached", "Offline-Limit erreicht", "Limite hors ligne atteinte", "Limite offline raggiunto", "已达离线上限"],
    };

    /// <summary>Languages there are texts for, the first is the default.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "de", "fr", "it", "zh"];

    /// <summary>The text in a language; English where there is none, or where the character set cannot show it.</summary>
    public static string Of(TillRefusal refusal, string language, ZvtCharset charset)
    {
        var text = Texts[refusal][Math.Max(0, Languages.ToList().IndexOf(language))];
        return ZvtText.CanShow(text, charset) ? text : Texts[refusal][0];
    }

    /// <summary>Result code of 06 1E (reference section 13.1).</summary>
    public static byte CodeOf(TillRefusal refusal) => refusal switch
    {
        TillRefusal.Draining or TillRefusal.Disabled or TillRefusal.Locked or TillRefusal.Retired or TillRefusal.LeaseEnded => 0xE4,
        TillRefusal.TerminalUnreachable => 0xA1,
        TillRefusal.TerminalSubstituted => 0xFC,
        TillRefusal.Unresolved => 0x9C,
        TillRefusal.EndOfDayNeeded => 0xF0,
        TillRefusal.CannotStore => 0xB2,
        TillRefusal.AmountTooHigh => 0xC3,
        TillRefusal.MethodOff => 0xC5,
        TillRefusal.OfflineLimit => 0x6A,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "no such refusal"),
    };
}
