namespace Marketplace.Storage;

/// <summary>A folder is not fit for a backup, or for a restore; the message says what to do. Nothing was changed there.</summary>
public sealed class BackupRefusedException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>A file of a backup is missing, or not what the backup's manifest says.</summary>
public sealed class BackupDamagedException(string file, string what)
    : IOException($"The backup is damaged: '{file}' {what} Nothing was restored. Take another backup, or a copy of this one.")
{
    public string File { get; } = file;
    public string What { get; } = what;
}
