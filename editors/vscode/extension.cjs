// The extension of Visual Studio Code: starts `seq-node lsp`, which does the work, and connects the editor to
// it.
const { commands, window, workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

async function start() {
  const command = workspace.getConfiguration('seq').get('command', 'seq-node');
  const server = { command, args: ['lsp', '--stdio'] };
  client = new LanguageClient('seq', 'Seq', server, {
    documentSelector: [{ language: 'seq' }],
  });
  try {
    await client.start();
  } catch (error) {
    const settings = 'Open Settings';
    const chosen = await window.showErrorMessage(
      `${command} lsp does not start: ${error instanceof Error ? error.message : error}. Install seq-node, or set seq.command to its path.`,
      settings,
    );
    if (chosen === settings) await commands.executeCommand('workbench.action.openSettings', 'seq.command');
  }
}

async function stop() {
  const running = client;
  client = undefined;
  // A server that did not start cannot be stopped.
  await running?.stop().catch(() => {});
}

exports.activate = async (context) => {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    commands.registerCommand('seq.restart', restart),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('seq.command')) void restart();
    }),
  );
  await start();
};

exports.deactivate = stop;
