using System.Text;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// One database is one market, and one cluster keeps its books: silos of another cluster would be a second market over the same jobs. The
/// first silo writes the cluster's name down.
/// </summary>
internal static class ClusterName
{
    /// <summary>Holds the text of the name.</summary>
    private static readonly DocumentKey Key = new("cluster", "name");

    /// <exception cref="SiloOptionsException">The database belongs to another cluster.</exception>
    public static async Task Require(IDocumentStore documents, string name)
    {
        var written = await Read(documents);
        if (written is null)
        {
            try
            {
                await documents.Write(Key, 0, Encoding.UTF8.GetBytes(name));
                return;
            }
            catch (VersionConflictException)
            {
                // Another silo that starts at this moment was first; it may be of another cluster.
                written = await Read(documents);
            }
        }
        if (written != name)
        {
            throw new SiloOptionsException(
                $"--cluster-id is '{name}', and the database belongs to the cluster '{written}'. Join that one, or give this cluster "
                    + "a database of its own."
            );
        }
    }

    private static async Task<string?> Read(IDocumentStore documents) =>
        await documents.Read(Key) is { } document ? Encoding.UTF8.GetString(document.Content.Span) : null;
}
