// The search runs in a worker, which browsers refuse to pages opened from file://. There a hidden frame does its work.
if (location.protocol === "file:") {
  const run = (page, source) =>
    new Promise((done, failed) => {
      const script = page.createElement("script")
      script.src = source
      script.onload = done
      script.onerror = failed
      page.body.append(script)
    })

  // Under this name the script of the search knows that it runs in a frame.
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(source) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      this.inside = this.frame.contentWindow
      const page = this.inside.document
      this.inside.importScripts = (...sources) =>
        sources.reduce((before, each) => before.then(() => run(page, each)), Promise.resolve())
      this.inside.postMessage = data => {
        const event = new MessageEvent("message", { data })
        this.dispatchEvent(event)
        this.onmessage?.(event)
      }
      this.ready = run(page, source)
    }

    postMessage(data) {
      const event = new this.inside.MessageEvent("message", { data: structuredClone(data) })
      this.ready.then(() => this.inside.dispatchEvent(event))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
