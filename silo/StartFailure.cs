using Marketplace.Storage;
using Microsoft.AspNetCore.Connections;

namespace Marketplace.Silo;

/// <summary>Failures of a start that the operator can mend: they get a sentence instead of a stack trace.</summary>
internal static class StartFailure
{
    /// <returns>What is wrong and what to do; null for what only a developer can mend.</returns>
    public static string? Explain(Exception failure) =>
        failure switch
        {
            SiloOptionsException or StoreUnfinishedException or StoreNewerException or MoveRefusedException or BlobFolderException =>
                failure.Message,
            IOException { InnerException: AddressInUseException } =>
                $"{failure.Message} Stop what listens there, or choose another address with --urls.",
            UnauthorizedAccessException => $"{failure.Message} Choose a folder that this user may write with --data.",
            _ => HostKind.Explain(failure),
        };
}
