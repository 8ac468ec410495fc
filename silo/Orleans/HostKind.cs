using System.Net.Sockets;
using Marketplace.Storage;
using Npgsql;

namespace Marketplace.Silo;

/// <summary>What this build of the silo is: one of many, which share a PostgreSQL database.</summary>
internal static class HostKind
{
    /// <summary>Whether silos of this build join each other: the options of a cluster are refused where they do not.</summary>
    public static bool IsCluster => true;

    public const string Help =
        "This silo is of the kind 'orleans': several of them over one PostgreSQL database are one marketplace. For one process without "
        + "a database "
        + "build with 'dotnet build silo'.";

    /// <summary>Begins what needs no options: here nothing.</summary>
    public static void Begin()
    {
        // Orleans has the proxies of the grains made at build time.
    }

    /// <inheritdoc cref="StartFailure.Explain"/>
    public static string? Explain(Exception failure) =>
        failure switch
        {
            StoreLockedException or PostgresSchemaException or PostgresSettingsException => failure.Message,
            StoreUnavailableException { InnerException: { } cause } => Explain(cause) ?? failure.Message,
            PostgresException refused => Explain(refused),
            NpgsqlException unreachable =>
                $"The database cannot be reached: {unreachable.GetBaseException().Message.TrimEnd('.')}. Check the server and the "
                    + "address in --database.",
            SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
                "The silo's port is taken on this address. Choose another one with --silo-port; 0 takes any free one.",
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
                "The silo's address is not one of this machine. Give one that is with --silo-address.",
            { InnerException: { } cause } => Explain(cause),
            _ => null,
        };

    private static string? Explain(PostgresException refused) =>
        refused.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"The database refuses the login: {refused.MessageText}. Check user name and password.",
            PostgresErrorCodes.InvalidCatalogName =>
                $"There is no such database: {refused.MessageText}. Create it, or check the name in --database.",
            PostgresErrorCodes.InsufficientPrivilege =>
                $"The database user lacks a right: {refused.MessageText}. It needs CREATE on the database while there is a schema to "
                    + "apply.",
            PostgresErrorCodes.TooManyConnections =>
                $"The database takes no more connections: {refused.MessageText}. Raise max_connections.",
            PostgresErrorCodes.CannotConnectNow =>
                $"The database is starting or stopping: {refused.MessageText}. Start the silo again when it is there.",
            _ => null,
        };
}
