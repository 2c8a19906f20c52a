namespace Fleet.Zvt;

/// <summary>Config byte of Registration (reference section 11.1).</summary>
[Flags]
public enum ConfigByte : byte
{
    /// <summary>The PT prints itself and sends no intermediate status; standalone operation is allowed.</summary>
    None = 0x00,

    /// <summary>The ECR prints payment receipts.</summary>
    EcrPrintsPayments = 0x02,

    /// <summary>The ECR prints administration receipts.</summary>
    EcrPrintsAdministration = 0x04,

    /// <summary>The ECR wants 04 FF.</summary>
    IntermediateStatus = 0x08,

    /// <summary>Amount entry at the PT is not possible.</summary>
    EcrControlsPayments = 0x10,

    /// <summary>End-of-day and the like are not possible at the PT.</summary>
    EcrControlsAdministration = 0x20,

    /// <summary>Receipts come ready-made as 06 D1/06 D3; without it the ECR composes them from 04 0F.</summary>
    ReadyMadeReceipts = 0x80,

    /// <summary>BE: full control by the ECR, receipts ready-made.</summary>
    AgentDefault = EcrPrintsPayments | EcrPrintsAdministration | IntermediateStatus | EcrControlsPayments | EcrControlsAdministration | ReadyMadeReceipts,

    /// <summary>86: what Log-off restores.</summary>
    AfterLogOff = EcrPrintsPayments | EcrPrintsAdministration | ReadyMadeReceipts,
}
