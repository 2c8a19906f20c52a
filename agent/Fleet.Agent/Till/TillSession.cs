using Fleet.Agent.Gate;
using Fleet.Agent.Terminal;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>
/// Serves one till as if the agent were the terminal: refuses what the gate refuses, answers what the agent answers itself, and
/// relays the rest.
/// </summary>
public sealed class TillSession(TillConnection connection, TillDesk desk, ILogger logger)
{
    private static readonly Apdu Busy = Apdu.Negative(0x9C);

    private TillRegistration? _registration;

    /// <summary>Serves the till until it is gone, or the agent stops and no dialogue runs.</summary>
    public async Task RunAsync(TillStop stop)
    {
        var pump = connection.PumpAsync(stop.Hard);
        try
        {
            await foreach (var command in connection.Commands.ReadAllAsync(stop.Soft))
            {
                try
                {
                    await ServeAsync(command, stop.Hard);
                }
                finally
                {
                    connection.Served();
                }
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            TillLog.Stumbled(logger, connection.Name, exception);
        }
        finally
        {
            connection.Close();
            await pump;
        }
    }

    private async Task ServeAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        var row = TillCommandTable.Find(apdu.Code);
        if (row.Nature is TillCommandNature.LogOff or TillCommandNature.Abort)
        {
            await connection.SendAsync(Apdu.Positive, cancellationToken);
            return;
        }

        if (row.Nature == TillCommandNature.Forbidden)
        {
            await connection.SendAsync(Apdu.Negative(row.RefusalCode), cancellationToken);
            return;
        }

        if (TillCommand.Read(apdu, desk.Currency, out var error) is not { } command || !TakeRegistration(apdu, ref error))
        {
            TillLog.Unreadable(logger, connection.Name, apdu.Code, error?.ToString() ?? string.Empty);
            await connection.SendAsync(Apdu.Negative(error?.AnswerCode ?? 0x9A), cancellationToken);
            return;
        }

        if (command.IsRedacted)
        {
            TillLog.Redacted(logger, connection.Name, apdu.Code);
        }

        // From here on further commands of this till are told to wait.
        connection.BeginDialogue();
        try
        {
            await AdmitAsync(command, cancellationToken);
        }
        finally
        {
            connection.EndDialogue();
        }
    }

    private bool TakeRegistration(Apdu apdu, ref ZvtError? error)
    {
        if (apdu.Code != Registration.MessageCode)
        {
            return true;
        }

        if (RegistrationDesk.Read(apdu, out error) is not { } registration)
        {
            return false;
        }

        _registration = registration;
        return true;
    }

    private async Task AdmitAsync(TillCommand command, CancellationToken cancellationToken)
    {
        if (desk.Refusal(command) is { } refusal)
        {
            await RefuseAsync(command, refusal, cancellationToken);
            return;
        }

        using var pass = command.Nature is TillCommandNature.Money or TillCommandNature.EndOfDay ? desk.TryEnter() : null;
        if (pass is null && command.Nature is TillCommandNature.Money or TillCommandNature.EndOfDay)
        {
            await RefuseAsync(command, desk.Refusal(command) ?? TillRefusal.Disabled, cancellationToken);
            return;
        }

        var grant = await desk.AcquireAsync(cancellationToken);
        if (grant.Lease is not { } lease)
        {
            if (grant.HeldBy is null && grant.Status.State is not (LineState.Ready or LineState.TerminalBusy))
            {
                await RefuseAsync(command, TillRefusal.TerminalUnreachable, cancellationToken);
                return;
            }

            await connection.SendLastAsync(Busy, cancellationToken);
            return;
        }

        TillDialogueEnd end;
        using (lease)
        {
            // Another dialogue may have ended differently than the refusal above could know.
            if (desk.Refusal(command) is { } late)
            {
                await RefuseAsync(command, late, cancellationToken);
                return;
            }

            end = await desk.RunAsync(connection, lease, command, _registration, cancellationToken);
        }

        await desk.CloseAsync(connection, end, _registration, cancellationToken);
    }

    private async Task RefuseAsync(TillCommand command, TillRefusal refusal, CancellationToken cancellationToken)
    {
        TillLog.Refused(logger, connection.Name, command.Apdu.Code, refusal);
        await desk.RefuseAsync(connection, command, refusal, _registration, cancellationToken);
    }
}
