namespace Fleet.Simulator.Terminals;

/// <summary>Language of the device's display.</summary>
public enum DisplayLanguage
{
    English,
    Chinese,
}

/// <summary>What the display can say by itself.</summary>
public enum ScreenText
{
    Ready,
    Welcome,
    InsertCard,
    PleaseWait,
    Approved,
    Declined,
    Cancelled,
    NoConnection,
    OutOfOrder,
    EndOfDay,
    EndOfDayDone,
    EndOfDayFailed,
    NoPaper,
    Reversed,
    Refund,
    Reversal,
    NotPossible,
    ScanCode,
    CallBank,
    Reservation,
    Service,
    EndOfDayDue,
    MemoryFull,
    Off,
}

/// <summary>The texts in both languages; a double-width character takes two columns.</summary>
public static class ScreenTexts
{
    private static readonly Dictionary<ScreenText, (string English, string Chinese)> Texts = new()
    {
        [ScreenText.Ready] = ("READY", "准备就绪"),
        [ScreenText.Welcome] = ("WELCOME", "欢迎光临"),
        [ScreenText.InsertCard] = ("PRESENT CARD", "请刷卡或扫码"),
        [ScreenText.PleaseWait] = ("PLEASE WAIT", "请稍候"),
        [ScreenText.Approved] = ("APPROVED", "交易成功"),
        [ScreenText.Declined] = ("DECLINED", "交易被拒绝"),
        [ScreenText.Cancelled] = ("CANCELLED", "交易已取消"),
        [ScreenText.NoConnection] = ("NO CONNECTION", "无法连接"),
        [ScreenText.OutOfOrder] = ("OUT OF ORDER", "暂停服务"),
        [ScreenText.EndOfDay] = ("END OF DAY", "日终结算"),
        [ScreenText.EndOfDayDone] = ("BATCH CLOSED", "结算完成"),
        [ScreenText.EndOfDayFailed] = ("END OF DAY FAILED", "结算失败"),
        [ScreenText.NoPaper] = ("NO PAPER", "缺纸"),
        [ScreenText.Reversed] = ("PAYMENT REVERSED", "交易已冲正"),
        [ScreenText.Refund] = ("REFUND", "退款"),
        [ScreenText.Reversal] = ("REVERSAL", "撤销"),
        [ScreenText.NotPossible] = ("NOT POSSIBLE", "无法操作"),
        [ScreenText.ScanCode] = ("SCAN QR CODE", "请扫描二维码"),
        [ScreenText.CallBank] = ("VOICE AUTHORISATION", "请电话授权"),
        [ScreenText.Reservation] = ("PRE-AUTHORISATION", "预授权"),
        [ScreenText.Service] = ("SERVICE MODE", "维护模式"),
        [ScreenText.EndOfDayDue] = ("END OF DAY REQUIRED", "请先日终结算"),
        [ScreenText.MemoryFull] = ("MEMORY FULL", "存储已满"),
        [ScreenText.Off] = (string.Empty, string.Empty),
    };

    /// <summary>The text in a language.</summary>
    public static string In(this ScreenText text, DisplayLanguage language) =>
        language == DisplayLanguage.Chinese ? Texts[text].Chinese : Texts[text].English;
}
