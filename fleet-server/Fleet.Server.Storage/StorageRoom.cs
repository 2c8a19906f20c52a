using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Domain.Trust;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Settlement;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Storage.Transactions;
using Fleet.Server.Storage.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Storage;

/// <summary>Registers the storage.</summary>
public static class StorageRoom
{
    /// <summary>
    /// Adds the database and everything that reads and writes it. Before anything else is used:
    /// <see cref="FleetDatabase.MigrateAsync"/> on the registered <see cref="FleetDatabase"/>.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options, AcquirerPolicy policy)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<IDatabaseEngine>(_ => new SqliteEngine(options.DataFile));
        services.AddSingleton(static provider => new FleetDatabase(
            provider.GetRequiredService<IDatabaseEngine>(),
            provider.GetRequiredService<StorageOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WriteLane>>()));
        services.AddSingleton<ITerminalRegistry, TerminalRegistry>();
        services.AddSingleton<ICertificateBook, CertificateBook>();
        services.AddSingleton<TrustBook>();
        services.AddSingleton<ITrustBook>(static provider => provider.GetRequiredService<TrustBook>());
        services.AddSingleton<ICommandDesk, CommandDesk>();
        services.AddSingleton<IApprovalDesk, ApprovalDesk>();
        services.AddSingleton<ILedger>(provider => new Ledger(provider.GetRequiredService<FleetDatabase>(), policy));
        services.AddSingleton(provider => new JournalStore(provider.GetRequiredService<FleetDatabase>(), policy));
        services.AddSingleton<CommandQueue>();
        services.AddSingleton<AgentBook>();
        services.AddSingleton<Closings>();
        return services;
    }
}
