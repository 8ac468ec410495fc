using Npgsql;

namespace Marketplace.Silo;

/// <summary>Where the cluster's database is. Its text is never written anywhere: it may hold a password.</summary>
internal sealed class ClusterDatabase
{
    /// <summary>The schema of Orleans's tables, in which its providers look for their statements.</summary>
    private const string OrleansSchema = "orleans";

    /// <summary>Connections of membership and reminders, together: a few short statements a second.</summary>
    private const int OrleansConnectionsMax = 4;

    /// <exception cref="SiloOptionsException">The connection string is not one, or names no server or database.</exception>
    public ClusterDatabase(SiloOptions options)
    {
        var source = options.Database.Length > 0 ? "--database" : options.DatabaseFile;
        try
        {
            var text = options.Database.Length > 0 ? options.Database : File.ReadAllText(options.DatabaseFile).Trim();
            var settings = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(settings.Host) || string.IsNullOrEmpty(settings.Database))
            {
                throw new SiloOptionsException($"{source} names no server or no database: expected at least 'Host=…;Database=…'.");
            }
            ForStore = settings.ConnectionString;
            settings.SearchPath = OrleansSchema;
            settings.MaxPoolSize = OrleansConnectionsMax;
            settings.ApplicationName = "marketplace membership";
            ForOrleans = settings.ConnectionString;
        }
        catch (ArgumentException)
        {
            // Not the exception's message: it repeats what it could not read.
            throw new SiloOptionsException(
                $"{source} is not a connection string of Npgsql, such as 'Host=127.0.0.1;Username=market;Database=market'."
            );
        }
        catch (IOException unreadable)
        {
            throw new SiloOptionsException($"--database-file: {unreadable.Message}");
        }
    }

    public string ForStore { get; }

    public string ForOrleans { get; }
}
