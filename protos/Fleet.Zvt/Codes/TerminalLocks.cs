namespace Fleet.Zvt;

/// <summary>Locks of a terminal as TLV 1F55 tells them, first byte in the high half (reference section 16.2).</summary>
[Flags]
public enum TerminalLocks
{
    /// <summary>Not locked.</summary>
    None = 0,

    /// <summary>Reconciliation with closure is due.</summary>
    ReconciliationNeeded = 0x8000,

    /// <summary>Initialisation is needed.</summary>
    InitialisationNeeded = 0x4000,

    /// <summary>Diagnosis is needed.</summary>
    DiagnosisNeeded = 0x2000,

    /// <summary>Service is needed.</summary>
    ServiceNeeded = 0x1000,

    /// <summary>Out of order.</summary>
    OutOfOrder = 0x0800,

    /// <summary>Printer.</summary>
    Printer = 0x0400,

    /// <summary>Start-up needed.</summary>
    StartUpNeeded = 0x0200,

    /// <summary>The secure module changed.</summary>
    SecureModuleChanged = 0x0100,

    /// <summary>The transaction log is defective.</summary>
    TransactionLogDefective = 0x0080,

    /// <summary>The reader is missing.</summary>
    ReaderMissing = 0x0040,

    /// <summary>A card is inserted.</summary>
    CardInserted = 0x0020,

    /// <summary>The secure link is missing.</summary>
    SecureLink = 0x0010,

    /// <summary>Activation is needed.</summary>
    ActivationNeeded = 0x0008,

    /// <summary>Battery.</summary>
    Battery = 0x0004,

    /// <summary>Contactless reader.</summary>
    Contactless = 0x0002,

    /// <summary>MDB.</summary>
    Mdb = 0x0001,
}
