namespace Marketplace.Crypto;

/// <summary>What is wrong with a key file.</summary>
public enum KeyFileFault
{
    Missing,
    Exists,

    /// <summary>Other users of the machine may read it.</summary>
    Loose,

    Damaged,
    NeedsPassphrase,
    WrongPassphrase,
    UnusablePassphrase,

    /// <summary>The system refuses to read or write it.</summary>
    Inaccessible,
}

/// <summary>A key file cannot be used; the message says why and what to do.</summary>
public sealed class KeyFileException : Exception
{
    private KeyFileException(KeyFileFault fault, string path, string message, Exception? cause = null)
        : base(message, cause) => (Fault, Path) = (fault, path);

    public KeyFileFault Fault { get; }

    public string Path { get; }

    internal static KeyFileException Missing(string path, Exception cause) =>
        new(KeyFileFault.Missing, path, $"There is no key file {path}. Name another one, or make it.", cause);

    internal static KeyFileException Exists(string path) =>
        new(KeyFileFault.Exists, path, $"{path} exists and is kept as it is. Use it, or name another file for a new key.");

    internal static KeyFileException Loose(string path, UnixFileMode mode) =>
        new(
            KeyFileFault.Loose,
            path,
            $"{path} has the mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}: others than its owner can reach the key. Run "
                + $"'chmod 600 {path}'. If they may have read it, move what its account holds to the account of a new key."
        );

    public static KeyFileException Damaged(string path, string seen, Exception? cause = null) =>
        new(
            KeyFileFault.Damaged,
            path,
            $"{path} does not hold a key: {seen}. Restore it from a backup; a new key is a new account.",
            cause
        );

    internal static KeyFileException NeedsPassphrase(string path) =>
        new(
            KeyFileFault.NeedsPassphrase,
            path,
            $"{path} is encrypted. Put its passphrase into the environment variable {KeyFile.PassphraseVariable}."
        );

    internal static KeyFileException WrongPassphrase(string path) =>
        new(KeyFileFault.WrongPassphrase, path, $"The passphrase does not open {path}. Without it nothing does; try again.");

    /// <summary>Of a file that has no check of its own, so that a wrong passphrase and damage look alike.</summary>
    public static KeyFileException NotOpened(string path) =>
        new(
            KeyFileFault.WrongPassphrase,
            path,
            $"The passphrase does not open {path}, or the file is damaged: it does not tell which. Try again, or restore it from a backup."
        );

    internal static KeyFileException UnusablePassphrase(string path, string seen) =>
        new(KeyFileFault.UnusablePassphrase, path, $"The passphrase for {path} {seen}.");

    internal static KeyFileException Unreadable(string path, Exception cause) =>
        new(KeyFileFault.Inaccessible, path, $"{path} cannot be read: {cause.Message}", cause);

    internal static KeyFileException Unwritable(string path, Exception cause) =>
        new(KeyFileFault.Inaccessible, path, $"{path} cannot be made: {cause.Message}", cause);
}
